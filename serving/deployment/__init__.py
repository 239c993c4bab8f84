"""Files that put what a registry holds into production: TensorFlow Serving, Compose, Kubernetes, KServe."""
