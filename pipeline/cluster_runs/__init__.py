"""What runs on Kubeflow left in their pipeline root, as a root that can be looked at."""
