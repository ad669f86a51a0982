"""Tests that talk to a card, in pytest's own process and in one that they start, in one session and in another."""
import os
import subprocess
import sys

import pytest
from smartcard.System import readers

SELECT_MF = [0x00, 0xA4, 0x00, 0x04, 0x02, 0x3F, 0x00]
# A PIN that the card does not have.
VERIFY = [0x00, 0x20, 0x00, 0x01, 0x08] + [0x31, 0x31, 0x31, 0x31] + [0xFF] * 4


@pytest.fixture(scope="module")
def card():
    connection = readers()[0].createConnection()
    connection.connect()
    yield connection
    connection.disconnect()


def test_selects(card):
    card.transmit(SELECT_MF)
    card.transmit(SELECT_MF)


def test_fails(card):
    card.transmit(SELECT_MF)
    card.transmit(VERIFY)
    assert False


@pytest.mark.cardlink_expect("VERIFY=6984")
def test_means_it(card):
    card.transmit(VERIFY)


def test_starts_a_program():
    # It resets the card at its end.
    tour = os.path.join(os.path.dirname(os.path.abspath(__file__)), "card_tour.py")
    subprocess.run([sys.executable, tour], check=True)


def test_says_nothing():
    pass


def test_asks_its_database():
    from sqlalchemy import create_engine, text

    import cardlink_probe_sqlalchemy

    engine = create_engine("sqlite://")
    sender = cardlink_probe_sqlalchemy.watch(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE cards (name TEXT)"))
        connection.execute(text("INSERT INTO cards VALUES ('a secret value')"))
    sender.close()
