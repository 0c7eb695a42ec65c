"""`jetson-agent models pull`: the parts of a download, put together."""

from agent.download.pace import Pace
from agent.models.catalog import Catalog
from agent.models.progress_bar import ProgressBar
from agent.models.pull import From, Pulled, Puller
from agent.models.transfer import Transfer, new_client
from agent.units import Bytes


def fetch_model(name: str, catalog: Catalog, source: From, rate: Bytes | None) -> Pulled:
    """Download a model, and show how it goes on.

    Raises:
        PullError: It is not there now; the message says what to do.
        ConfigError: A manifest cannot be used.
        StopError: It is there, and cannot be read.
    """
    with new_client(source.token) as client, ProgressBar(name) as progress:
        transfer = Transfer(client, Pace(rate), progress)
        return Puller(catalog.own, client, transfer, progress).pull(name, catalog.find(name), source)
