"""A small store built from the demo's site: four good videos and every bad one."""

from collections.abc import Iterator

import pytest

from demo_faults import FAULTS
from demo_plan import plan
from demo_site import MEDIA_DIR, Site
from multihowto.build import Order, build
from multihowto.pipeline import load
from multihowto.storage import Store
from small_demo import GOOD, Demo, write_demo_pipeline


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    with Site(MEDIA_DIR, port=0, limit=GOOD) as site:
        videos = [video.video_id for video in plan()[:GOOD]] + list(FAULTS)
        pipeline = write_demo_pipeline(folder, int(site.url.rsplit(":", 1)[1]), videos)
        store = Store(str(folder / "build" / "demo"))
        list(build(load(str(pipeline)), store, Order(workers=2)))
        yield Demo(site, pipeline, store)
