"""The command line: the only package that prints; one file a command."""

import os
import sys

import click

from multihowto import __version__
from multihowto.cli.build import build
from multihowto.cli.check import check
from multihowto.cli.compare import compare
from multihowto.cli.doctor import doctor
from multihowto.cli.evaluate import evaluate
from multihowto.cli.explain import explain
from multihowto.cli.export import export
from multihowto.cli.export_model import export_model
from multihowto.cli.models import models
from multihowto.cli.plan import plan
from multihowto.cli.publish import publish
from multihowto.cli.report import report
from multihowto.cli.sample import sample
from multihowto.cli.search import search
from multihowto.cli.show import show
from multihowto.cli.status import status
from multihowto.cli.train import train
from multihowto.errors import ConfigError, ContractError, MultihowtoError, SessionBlocked

STOPPED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="multihowto")
def cli() -> None:
    """Builds, curates and publishes MultiHowTo100M: instructional videos with captions in nine languages.

    Try `multihowto doctor`, then `multihowto check demo`. A pipeline is a YAML file, or the name of one that is
    shipped; a STORE is the folder or URI in which a build keeps its tables.
    """


for _command in (
    check,
    plan,
    build,
    status,
    report,
    sample,
    show,
    explain,
    export,
    train,
    evaluate,
    compare,
    search,
    export_model,
    publish,
    models,
    doctor,
):
    cli.add_command(_command)


def main() -> None:
    """Runs a command; our own errors end in a message and an exit status, never in a traceback.

    Exit status: 0 done; 1 some shards failed, or the world did; 2 a mistake in what was asked; 3 a bug in a stage;
    4 a site goes on blocking this session: nothing is lost, the message says what may help; 130 stopped by Ctrl-C.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        sys.exit(cli.main(standalone_mode=False))
    except click.exceptions.Abort:
        _end("stopped; nothing is lost: the same command goes on from here", STOPPED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ConfigError as error:
        _end(f"error: {error}", 2)
    except ContractError as error:
        _end(f"bug in a stage: {error}", 3)
    except SessionBlocked as error:
        _end(f"error: {error}", 4)
    except MultihowtoError as error:
        _end(f"error: {error}", 1)


def _end(message: str, status: int) -> None:
    from multihowto.cli.screen import safe

    click.echo(safe(message), err=True)
    sys.exit(status)
