from __future__ import annotations

import pytest

from crackgauge.errors import UsageError
from crackgauge.web.access_token import check_token, same, session_value


@pytest.mark.parametrize("token", ["0123456789abcdef" * 2, "q7PzX2mK9vB4nL8sT1wY3c"])
def test_128_bits_are_enough(token: str):
    """32 hexadecimal digits, or 22 letters and digits."""
    assert check_token(token) == token


@pytest.mark.parametrize(
    "token",
    ["", "0123456789abcdef0123456789abcde", "q7PzX2mK9vB4nL8sT1wY3", "a" * 64, "abab" * 16,
     "spaces are not good enough", "q7PzX2mK9vB4nL8sT1wY3c\n", "é" * 30],
)  # fmt: skip
def test_less_is_refused_and_not_repeated(token: str):
    with pytest.raises(UsageError) as error:
        check_token(token)
    assert not token or token not in str(error.value)


def test_secrets_are_compared_whatever_they_hold():
    assert same("a", "a")
    assert not same("a", "b")
    assert not same("", "a")
    assert not same("\udce9é", "a")


def test_a_session_proves_the_token_and_is_not_it():
    assert session_value("one") == session_value("one")
    assert session_value("one") != session_value("two")
    assert "one" not in session_value("one")
