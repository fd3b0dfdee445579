import pytest
import torch


@pytest.fixture(scope="session", autouse=True)
def one_torch_thread() -> None:
    """The networks of the tests are too small for more."""
    torch.set_num_threads(1)
