"""Requests that a server sends itself before a version answers, as TF Serving reads them.

Source: g3doc/saved_model_warmup.md and servables/tensorflow/saved_model_warmup_util.h of TensorFlow Serving.
"""

# In a version's directory.
WARMUP_FOLDER = "assets.extra"
WARMUP_FILE = "tf_serving_warmup_requests"
# With more, a server does not load the version.
MAX_RECORDS = 1000
