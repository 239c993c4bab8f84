"""What Baseline says of its output, beside the model. Needs no TFX."""

VERSION_PROPERTY = "registry_version"
# Why there is no baseline though there is a production version; empty where there is none or it can be compared with.
INCOMPARABLE_PROPERTY = "incomparable"
