"""What Pulumi starts beside its own work: the build of an image, and a secret's first version."""

import base64
import json
from typing import Any

import pytest

from deploy.infrastructure import first_version, image
from deploy.infrastructure.image import BuildFailed, build
from shared.parsers import private_key, public_keys
from tests.deploy.stacks import of

IMAGE = "europe-west1-docker.pkg.dev/calliente-example/calliente/heartbeat"


class Answer:
    def __init__(self, document: dict[str, Any], status: int = 200) -> None:
        self.document = document
        self.status = status

    def json(self) -> dict[str, Any]:
        return self.document

    def raise_for_status(self) -> None:
        if self.status >= 400:
            raise RuntimeError(self.status)


class Google:
    """Answers in order, and keeps what it was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, Any]] = []

    def request(self, method: str, url: str, **options: Any) -> Answer:
        self.asked.append((method, url, options.get("json")))
        return self.answers.pop(0)


@pytest.fixture
def build_environment() -> dict[str, str]:
    """What the program tells the build of heartbeat."""
    return dict(of("local.Command")["heartbeat-image"].inputs["environment"])


def operation(**more: Any) -> Answer:
    return Answer({"name": "projects/p/locations/l/operations/o", **more})


def built(name: str) -> Answer:
    images = [{"name": f"{name}:latest", "digest": "sha256:abc"}]
    return operation(done=True, response={"results": {"images": images}})


def test_a_build_gives_the_image_by_its_digest(build_environment: dict[str, str]):
    """The build is asked for once and waited for; what is deployed is named by its content."""
    google = Google(Answer({"buildOperation": {"name": "o"}}), operation(), built(IMAGE))
    waited: list[float] = []
    assert build(google, build_environment, lambda: 0.0, waited.append) == f"{IMAGE}@sha256:abc"
    assert len(waited) == 2
    method, url, body = google.asked[0]
    assert (method, url.rpartition("/")[2]) == ("POST", "builds:submit")
    assert body["imageUri"] == IMAGE
    assert body["storageSource"]["bucket"] == "calliente-example-calliente-sources"
    assert body["storageSource"]["object"] == "heartbeat/digest-of-heartbeat.zip"
    assert body["buildpackBuild"]["functionTarget"] == "heartbeat"
    assert body["buildpackBuild"]["enableAutomaticUpdates"] is True
    assert body["serviceAccount"].endswith(
        "/calliente-builder@calliente-example.iam.gserviceaccount.com"
    )


@pytest.mark.parametrize(
    "end",
    [
        operation(done=True, error={"message": "no such package"}),
        operation(done=True, response={"results": {}}),
        operation(done=True, response={"results": {"images": [{"name": "other", "digest": "d"}]}}),
    ],
)
def test_a_build_without_an_image_fails(end: Answer, build_environment: dict[str, str]):
    """Nothing is deployed in its place."""
    google = Google(Answer({"buildOperation": {"name": "o"}}), end)
    with pytest.raises(BuildFailed):
        build(google, build_environment, lambda: 0.0, lambda _: None)


def test_a_build_that_does_not_end_fails(build_environment: dict[str, str]):
    """After its time limit, however often it says that it goes on."""
    google = Google(Answer({"buildOperation": {"name": "o"}}), *[operation() for _ in range(10)])
    times = iter(range(0, 10_000, 500))
    with pytest.raises(BuildFailed, match="has not ended"):
        build(google, build_environment, lambda: float(next(times)), lambda _: None)


def test_a_build_that_is_refused_fails(build_environment: dict[str, str]):
    """A refusal of Google's is an error of the deployment."""
    with pytest.raises(RuntimeError):
        build(Google(Answer({}, 403)), build_environment)


def test_a_changed_bundle_is_built_anew():
    """The build depends on the bundle's bytes, and on nothing else that a deployment says."""
    one = of("local.Command")["heartbeat-image"].inputs["triggers"]
    assert one == ["digest-of-heartbeat", image_base()]
    assert of("local.Command", LOG_DAYS="90")["heartbeat-image"].inputs["triggers"] == one


def image_base() -> str:
    (container,) = of("cloudrunv2.Service")["heartbeat"].inputs["template"]["containers"]
    return str(container["baseImageUri"])


def test_the_builder_takes_the_python_of_the_base_image(build_environment: dict[str, str]):
    """Bytes built for another version would not run on it."""
    asked = image.request(build_environment)["buildpackBuild"]
    version = asked["environmentVariables"]["GOOGLE_PYTHON_VERSION"]
    assert asked["baseImage"].endswith("/python" + version.removesuffix(".x").replace(".", ""))


def test_the_service_runs_what_was_built():
    """By digest: a tag that moves changes nothing that runs."""
    (container,) = of("cloudrunv2.Service")["heartbeat"].inputs["template"]["containers"]
    assert container["image"] == "printed-by-heartbeat-image"
    assert image.RUN.startswith("https://")


def told(variable: str, file: str = "missing") -> dict[str, str]:
    return {
        "PROJECT": "calliente-example",
        "SECRET": "a-secret",
        "VARIABLE": variable,
        "ENTRA_CREDENTIAL_FILE": file,
    }


def added(google: Google) -> str:
    _, url, body = google.asked[1]
    assert url.endswith("/projects/calliente-example/secrets/a-secret:addVersion")
    return base64.b64decode(body["payload"]["data"]).decode()


def test_a_secret_gets_a_random_value_once():
    """Two are different, long enough for a key; what was said about it holds none of it."""
    values = set()
    for _ in range(2):
        google = Google(Answer({}), Answer({}))
        said = first_version.add(google, told("ONBOARDING_SESSION_KEYS"))
        values.add(added(google))
        assert not any(value in said for value in values)
    assert len(values) == 2
    assert all(len(value) >= 32 for value in values)


def test_a_version_that_is_there_stays():
    """A deployment that is repeated replaces no key."""
    google = Google(Answer({"versions": [{"name": "1"}]}))
    first_version.add(google, told("ONBOARDING_SESSION_KEYS"))
    assert [method for method, _, _ in google.asked] == ["GET"]


@pytest.mark.parametrize(
    ("variable", "purpose"), [("RECEIPT_SIGNING_KEY", "receipt"), ("AUDIT_SIGNING_KEY", "audit")]
)
def test_a_signing_key_is_one_that_the_function_takes(variable: str, purpose: str):
    """Of its purpose alone; what is printed is the public part, which belongs to it."""
    google = Google(Answer({}), Answer({}))
    printed = first_version.add(google, told(variable))
    key = added(google)
    assert private_key(purpose)(key) == key
    (public,) = json.loads(printed)["keys"]
    assert public["x"] == json.loads(key)["x"]
    assert "d" not in public


def test_a_signing_key_that_is_there_says_its_public_part():
    """A stack that is deployed anew publishes the key that signs."""
    first = Google(Answer({}), Answer({}))
    printed = first_version.add(first, told("RECEIPT_SIGNING_KEY"))
    stored = {"payload": {"data": base64.b64encode(added(first).encode()).decode()}}
    again = Google(Answer({"versions": [{"name": "1"}]}), Answer(stored))
    assert first_version.add(again, told("RECEIPT_SIGNING_KEY")) == printed
    assert [method for method, _, _ in again.asked] == ["GET", "GET"]
    assert public_keys(printed) == printed


def test_entras_credential_comes_from_a_file(tmp_path):
    """Without a line end; and where there is no file, nothing is added."""
    file = tmp_path / "credential"
    file.write_text("the secret\n")
    google = Google(Answer({}), Answer({}))
    first_version.add(google, told("ENTRA_CLIENT_SECRET", str(file)))
    assert added(google) == "the secret"
    google = Google(Answer({}))
    with pytest.raises(FileNotFoundError):
        first_version.add(google, told("ENTRA_CLIENT_SECRET", str(tmp_path / "missing")))
    assert len(google.asked) == 1
