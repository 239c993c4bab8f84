"""One file per kind of problem. A task module imports TensorFlow only inside methods: a config is checked without it."""
