// Command check_kfp_backend hands files of `slipway compile` to the API server's own code: what it does with the file
// of a run before it asks Kubernetes for anything (CreateRun in backend/src/apiserver/resource/resource_manager.go).
// check_kfp_backend.sh builds it inside a checkout of kubeflow/pipelines.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/kubeflow/pipelines/backend/src/apiserver/config/proxy"
	"github.com/kubeflow/pipelines/backend/src/apiserver/model"
	"github.com/kubeflow/pipelines/backend/src/apiserver/template"
)

// check returns the size in bytes of the Argo workflow that a file becomes.
func check(path string) (int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	parsed, err := template.New(text, template.TemplateOptions{})
	if err != nil {
		return 0, fmt.Errorf("template parser: %w", err)
	}
	workflow, err := parsed.RunWorkflow(&model.Run{DisplayName: "check"}, template.RunWorkflowOptions{RunID: "check"})
	if err != nil {
		return 0, fmt.Errorf("compiler: %w", err)
	}
	if err := workflow.Validate(false, false); err != nil {
		return 0, fmt.Errorf("validation of Argo: %w", err)
	}
	return len(workflow.ToStringForStore()), nil
}

func main() {
	proxy.InitializeConfigWithEnv()
	exitCode := 0
	for _, path := range os.Args[1:] {
		size, err := check(path)
		if err != nil {
			fmt.Printf("%-20s refused by the %v\n", filepath.Base(path), err)
			exitCode = 1
			continue
		}
		fmt.Printf("%-20s accepted; a valid Argo workflow of %d bytes\n", filepath.Base(path), size)
	}
	os.Exit(exitCode)
}
