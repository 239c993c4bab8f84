"""Trainer's pod as the Kubernetes API has it.

Made of what KFP's compiler and driver write (kubeflow/pipelines 2.17.0,
backend/src/v2/compiler/argocompiler/container.go:427 and backend/src/v2/driver/k8s.go:152), Argo's controller
(argoproj/argo-workflows 3.7, workflow/controller/workflowpod.go) and Kubernetes' admission.
"""

STEP_POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {
        "name": "digits-x7k2p-retry-system-container-impl-1234567890",
        "namespace": "kubeflow",
        "uid": "0f3c2a1b-5d4e-4f60-8a7b-9c8d7e6f5a4b",
        "labels": {"workflows.argoproj.io/workflow": "digits-x7k2p", "pipeline/runid": "r", "team": "vision"},
        "annotations": {"workflows.argoproj.io/node-id": "digits-x7k2p-1", "sidecar.istio.io/inject": "false"},
    },
    "spec": {
        "activeDeadlineSeconds": 86400,
        "containers": [
            {"name": "wait", "image": "argoexec"},
            {
                "name": "main",
                "image": "registry.example.com/slipway:1",
                "imagePullPolicy": "IfNotPresent",
                "command": ["/var/run/argo/argoexec", "emissary", "--", "/kfp-launcher/launch"],
                "args": ["python", "-m", "step"],
                "env": [
                    {"name": "KFP_POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                    {"name": "A", "value": "1"},
                    {"name": "ARGO_TEMPLATE", "value": "{}"},
                ],
                "envFrom": [{"configMapRef": {"name": "metadata-grpc-configmap", "optional": True}}],
                "resources": {"limits": {"cpu": "4", "nvidia.com/gpu": "1"}},
                "securityContext": {"allowPrivilegeEscalation": False},
                "volumeMounts": [
                    {"name": "var-run-argo", "mountPath": "/var/run/argo"},
                    {"name": "kfp-launcher", "mountPath": "/kfp-launcher"},
                    {"name": "dot-cache-scratch", "mountPath": "/.cache"},
                    {"name": "slipway", "mountPath": "/mnt/slipway"},
                    {"name": "kube-api-access-8xk2p", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"},
                ],
            },
        ],
        "initContainers": [{"name": "init", "image": "argoexec"}, {"name": "kfp-launcher", "image": "launcher"}],
        "nodeName": "machine-1",
        "nodeSelector": {"cloud.google.com/gke-accelerator": "nvidia-l4"},
        "restartPolicy": "Never",
        "serviceAccountName": "pipeline-runner",
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
        "volumes": [
            {"name": "var-run-argo", "emptyDir": {}},
            {"name": "kfp-launcher", "emptyDir": {}},
            {"name": "dot-cache-scratch", "emptyDir": {}},
            {"name": "slipway", "persistentVolumeClaim": {"claimName": "slipway"}},
            {"name": "kube-api-access-8xk2p", "projected": {"sources": []}},
        ],
    },
    "status": {"podIP": "10.0.0.7", "phase": "Running"},
}
