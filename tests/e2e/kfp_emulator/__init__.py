"""The backend of Kubeflow Pipelines, emulated: see `backend`."""
