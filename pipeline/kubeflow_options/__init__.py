"""The config's section `kubeflow`. Needs neither TensorFlow nor TFX."""

from pipeline.kubeflow_options.section import KubeflowConfig

__all__ = ["KubeflowConfig"]
