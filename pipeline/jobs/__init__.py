"""Where executors run: in the run's own process, or side by side in processes of their own."""
