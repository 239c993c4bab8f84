"""The config, the DAG, the runners and the command line."""
