"""Names of artifacts' custom properties, which ML Metadata keeps."""

# Of examples that come in spans, as TFX's ExampleGen names them: the newest span, and its version where there is one.
SPAN = "span"
VERSION = "version"
# All of their spans, as JSON: {span: version}.
SPANS = "spans"
# Of a blessing, as TFX names it: 1 where a gate let the model pass.
BLESSED = "blessed"
# Of a pushed model, as TFX's Pusher names them: 1 where there was a push, the version's directory and its number.
PUSHED = "pushed"
PUSHED_DESTINATION = "pushed_destination"
PUSHED_VERSION = "pushed_version"
# Of a baseline: the number of the version in production, 0 where there is none.
REGISTRY_VERSION = "registry_version"
# Of a baseline: why the version in production cannot be compared with; empty where it can, or there is none.
INCOMPARABLE = "incomparable"
# Of a step's input on Kubeflow: the URI of what the step sees a copy of.
STAGED_FROM = "staged_from"
