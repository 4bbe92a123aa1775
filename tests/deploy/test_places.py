"""Everything that holds data lies where the policy promises, and nowhere else without being named."""

import pytest

from deploy.infrastructure.config import EU_LOCATIONS, EU_REGIONS
from shared.settings import SettingsError
from tests.deploy.stacks import config, made, walk

PLACES = {"location", "region", "locationId", "defaultStorageLocation", "allowedPersistenceRegions"}
WITHOUT_DATA = {"observability.ProjectSettings"}  # a setting of the project itself, which is global


def places(**changes: object) -> dict[str, set[object]]:
    """Where things are: {kind and name of the resource: its places}."""
    found: dict[str, set[object]] = {}
    for one in made(**changes):
        for key, value in walk(dict(one.inputs)):
            if key in PLACES and not (one.kind in WITHOUT_DATA and value == "global"):
                found.setdefault(f"{one.kind} {one.name}", set()).add(value)
    return found


def test_every_place_is_in_the_european_union():
    """Functions, database, logs, traces, secrets, messages, images and sources stay in the two places of the stack."""
    assert {place for each in places().values() for place in each} == {"europe-west1", "eur3"}


def test_every_part_that_stores_names_its_place():
    """No part is left to a default of Google's."""
    named = {name.split(" ")[0] for name in places()}
    stored = {
        *("firestore.Database", "logging.ProjectBucketConfig", "observability.ProjectSettings"),
        *("secretmanager.Secret", "pubsub.Topic", "storage.Bucket", "artifactregistry.Repository"),
        *("cloudrunv2.Service", "cloudscheduler.Job"),
    }
    assert stored <= named
    for kind in stored:
        of_kind = {f"{one.kind} {one.name}" for one in made() if one.kind == kind}
        assert of_kind <= places().keys()


def test_another_region_moves_everything_but_the_database():
    """REGION is one setting: no part stays behind."""
    moved = places(REGION="europe-west4")
    assert moved.keys() == places().keys()
    for name, each in moved.items():
        assert each == ({"eur3"} if name == "firestore.Database database" else {"europe-west4"})


@pytest.mark.parametrize("place", ["us-central1", "europe-west2", "europe-west6", "nam5", "eu"])
@pytest.mark.parametrize("setting", ["REGION", "FIRESTORE_LOCATION"])
def test_a_place_outside_is_refused_unless_it_is_named(setting: str, place: str):
    """London and Zurich are not in the European Union; ALLOW_LOCATION names one place, and only that."""
    own = {"ONBOARDING_URL": "left out", "PORTAL_URL": "left out"}
    with pytest.raises(SettingsError, match=setting):
        config(**{setting: place}, **own)
    with pytest.raises(SettingsError, match=setting):
        config(**{setting: place, "ALLOW_LOCATION": "asia-east1"}, **own)
    read = config(**{setting: place, "ALLOW_LOCATION": place}, **own).stack
    assert place in (read.region, read.firestore_location)


def test_the_list_of_places_is_the_unions():
    """eur3 is Belgium and the Netherlands; nothing else that is not a region is accepted."""
    assert {place for place in EU_LOCATIONS if place not in EU_REGIONS} == {"eur3"}
    assert all(region.startswith("europe-") for region in EU_REGIONS)
