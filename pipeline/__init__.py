"""The config, the DAG, the runners and the command line."""

from pipeline.rooms import import_rooms

import_rooms()
