"""Names in the bundle for devices, which lies beside a pushed SavedModel."""

# The bundle's folder in a version's directory.
BUNDLE = "tflite"
# Names of the classes, one a line, in the order of the outputs.
LABELS_FILE = "labels.txt"
# What a client has to know of the model, and measurements of the files.
METADATA_FILE = "metadata.json"
