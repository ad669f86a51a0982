"""CardLink's database layer on a file of SQLite, with the probe's hook on its engine.

    database.py FILE LOG

LOG gets SQLAlchemy's own log of the engine, a line for each statement and each transaction.
"""

import logging
import sys

import cardlink_probe_sqlalchemy
from cardlink.database import (
    CardProfile, CardType, DatabaseConfig, DatabaseManager, Device, DeviceType, OTASession, SessionStatus, UnitOfWork,
)

CARDS = 8


def fill(database):
    """A phone, some cards, and a session with two lines of its log for each."""
    with UnitOfWork(database) as work:
        work.devices.create(Device(id="phone-1", name="phone on the bench", device_type=DeviceType.PHONE))
        work.commit()
    for number in range(CARDS):
        with UnitOfWork(database) as work:
            card = CardProfile(iccid=f"89882110000000{number:05}", card_type=CardType.UICC.value)
            work.cards.create(card)
            session = OTASession(device_id="phone-1", card_iccid=card.iccid, status=SessionStatus.COMPLETED)
            work.sessions.create(session)
            work.flush()
            work.logs.log_command(session.id, "00A40004023F00")
            work.logs.log_response(session.id, "9000")
            work.commit()


def read(database):
    with UnitOfWork(database) as work:
        work.devices.find_phones()
        work.cards.search("8988")
        for session in work.sessions.find_completed():
            work.logs.find_by_session(session.id)
        work.sessions.get_stats()


def main():
    logging.basicConfig(filename=sys.argv[2], format="%(name)s %(message)s")
    logging.getLogger("sqlalchemy.engine").setLevel(logging.INFO)
    database = DatabaseManager(DatabaseConfig(url=f"sqlite:///{sys.argv[1]}"))
    database.initialize()
    sender = cardlink_probe_sqlalchemy.watch(database.engine)
    database.create_tables()
    fill(database)
    read(database)
    database.close()
    sender.close()


main()
