"""A client of any server that speaks TensorFlow Serving's REST or gRPC."""
