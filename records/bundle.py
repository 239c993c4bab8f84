"""Names of what lies beside a pushed SavedModel: the model card, and the bundle for devices."""

# What a person should know of the version.
CARD_FILE = "model_card.md"
# The bundle's folder in a version's directory.
BUNDLE = "tflite"
# Names of the classes, one a line, in the order of the outputs.
LABELS_FILE = "labels.txt"
# What a client has to know of the model, and measurements of the files.
METADATA_FILE = "metadata.json"
