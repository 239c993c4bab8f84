"""BigQuery's REST client as Beam has it, over rows in memory: a query gives them all, an export writes them as Avro.

Stands where Beam's own tests put a mock (bigquery_test.py:409 and 448, `BigqueryV2` and its `JobsService`). What Beam
asks of it: bigquery_tools.py:445 and 592 (jobs.Insert), 670 (jobs.Get), 791 (tables.Get), 829 and 851 (datasets.Get and
Insert), 896 (datasets.Delete); bigquery.py:875-928 (`_export_files`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import fastavro
from apache_beam.io.filesystems import FileSystems
from apache_beam.io.gcp.internal.clients import bigquery
from apitools.base.py.exceptions import HttpError


class FakeBigQuery:
    """A client of one table.

    Args:
      rows: what every query gives.
      schema: of the rows, in Avro.
    """

    def __init__(self, rows: Sequence[Mapping[str, Any]], schema: Mapping[str, Any]) -> None:
        self._rows, self._schema = rows, schema
        self._datasets: set[str] = set()
        self.queries: list[bigquery.JobConfigurationQuery] = []
        self.projects: set[str] = set()
        # Beam asks by service: `client.jobs.Insert(request)`.
        self.jobs = _Service(Insert=self._insert_job, Get=self._job)
        self.tables = _Service(Get=lambda request: bigquery.Table(schema=bigquery.TableSchema(fields=[])))
        self.datasets = _Service(Get=self._dataset, Insert=self._insert_dataset, Delete=self._delete_dataset)

    @property
    def left(self) -> set[str]:
        """Temporary datasets that nobody removed."""
        return self._datasets

    def _insert_job(self, request: Any, upload: Any = None) -> Any:
        job, asked = request.job, request.job.configuration
        self.projects.add(request.projectId)
        if asked.extract is not None:
            [place] = asked.extract.destinationUris
            assert asked.extract.destinationFormat == "AVRO"
            # BigQuery splits an export into files, here by the parity of rows.
            for number in range(2):
                with FileSystems.create(place.replace("*", f"{number:012}")) as file:
                    fastavro.writer(file, dict(self._schema), self._rows[number::2])
        elif asked.dryRun:
            job.statistics = bigquery.JobStatistics(totalBytesProcessed=1, query=bigquery.JobStatistics2())
        else:
            assert asked.query.destinationTable.datasetId in self._datasets
            self.queries.append(asked.query)
        return job

    def _job(self, request: Any) -> Any:
        return bigquery.Job(id=request.jobId, status=bigquery.JobStatus(state="DONE"))

    def _dataset(self, request: Any) -> Any:
        if request.datasetId not in self._datasets:
            raise HttpError({"status": 404}, b"", "")
        return bigquery.Dataset()

    def _insert_dataset(self, request: Any) -> Any:
        self._datasets.add(request.dataset.datasetReference.datasetId)
        return request.dataset

    def _delete_dataset(self, request: Any) -> None:
        self._datasets.remove(request.datasetId)


class _Service:
    def __init__(self, **methods: Any) -> None:
        self.__dict__.update(methods)
