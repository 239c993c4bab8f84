"""Where steps are computed: from options to a tf.distribute strategy."""

import os

import tensorflow as tf

from training.options import DistributionOptions


def strategy(options: DistributionOptions) -> tf.distribute.Strategy:
    """The strategy of a config; for `multi_worker` to be called before TensorFlow computed anything.

    With `workers` a process that TF_CONFIG does not name is none of them, and computes alone: that of a trial of
    Tuner's, or of a recipe of Compressor's.

    Raises:
      ValueError: several processes are asked for, and TF_CONFIG does not name them.
    """
    if options.workers is not None and "TF_CONFIG" not in os.environ:
        return tf.distribute.get_strategy()
    if options.strategy in ("multi_worker", "parameter_server") and "TF_CONFIG" not in os.environ:
        raise ValueError(
            f"distribution.strategy: {options.strategy} reads the addresses of the processes from TF_CONFIG. Received: "
            f"no TF_CONFIG. On one machine let distribution.workers start them, on Kubeflow "
            f"kubeflow.trainer_processes; elsewhere set it for each process, such as "
            f'{{"cluster": {{"worker": ["host1:2222", "host2:2222"]}}, "task": {{"type": "worker", "index": 0}}}}.'
        )
    if options.strategy == "mirrored":
        return tf.distribute.MirroredStrategy([device.name for device in tf.config.list_logical_devices(_kind())])
    if options.strategy == "multi_worker":
        return tf.distribute.MultiWorkerMirroredStrategy()
    if options.strategy == "tpu":
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver.connect(tpu=options.tpu)
        return tf.distribute.TPUStrategy(resolver)
    if options.strategy == "parameter_server":
        return tf.distribute.ParameterServerStrategy(tf.distribute.cluster_resolver.TFConfigClusterResolver())
    return tf.distribute.get_strategy()


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process is the one that writes, of several that train together."""
    resolver = strategy.cluster_resolver
    if resolver is None or resolver.task_type in (None, "chief"):
        return True
    is_first_worker = resolver.task_type == "worker" and resolver.task_id == 0
    return is_first_worker and "chief" not in resolver.cluster_spec().jobs


def _kind() -> str:
    return "GPU" if tf.config.list_logical_devices("GPU") else "CPU"


def serve_forever() -> None:
    """What workers and servers of a parameter-server training do while its chief hands them steps."""
    resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    tf.distribute.Server(
        resolver.cluster_spec(), job_name=resolver.task_type, task_index=resolver.task_id, protocol="grpc"
    ).join()
