"""CardLink's provisioner and a virtual card: its PC/SC client, its security domain and its APDUs, as users call them.

    provisioner.py LOG

At the end it is the terminal in one OTA session: a message wakes the card, which opens a channel and closes it. LOG
gets CardLink's own log, a line for each command.
"""

import logging
import sys

from cardlink.provisioner import APDUInterface, PCSCClient
from cardlink.provisioner.secure_domain import SecureDomainManager

# An SMS-PP download with a secured packet (TS 31.115) in it; the number and the packet are inventions.
MESSAGE = (
    "80C2000042D140820283810605" "91214365F7" "8B33" "4407912143" "65F77FF622112110000000" "22"
    "027000" "001D1516211515B000110000000001000102030405060708" "A0A40000023F00"
)
CHANNEL_DATA_BYTES = 200


def use_the_card(apdu, domain):
    """What a provisioning run begins with: who is the card, and what is on it."""
    apdu.select_mf()
    apdu.select_by_file_id(0x2FE2)
    apdu.read_binary(0, 10)
    apdu.select_by_aid("A0000000871002")
    for step in (domain.select_isd, domain.get_status_isd, domain.get_status_apps):
        try:
            step()
        except Exception as error:  # a card without a security domain says so, and CardLink raises
            logging.getLogger("provisioner").info("%s: %s", step.__name__, error)
    apdu.send_raw("80CA006600")
    apdu.get_remaining_pin_retries()


def be_the_terminal(apdu):
    """Plays the terminal of the session that the message begins."""
    apdu.send_raw("8010000014" + "FF" * 20)
    answer = apdu.send_raw(MESSAGE)
    left = CHANNEL_DATA_BYTES
    while answer.sw1 == 0x91:
        command = objects(apdu.send_raw(f"80120000{answer.sw2:02X}").data)
        kind = command[0x01][1]
        more = b""
        if kind == 0x40:  # OPEN CHANNEL: the first one, with the bearer and buffer that were asked for
            more = tlv(0x38, b"\x81\x00") + tlv(0x35, command[0x35]) + tlv(0x39, command[0x39])
        elif kind == 0x43:  # SEND DATA: there is room for more
            more = tlv(0x37, b"\xFF")
        elif kind == 0x42:  # RECEIVE DATA
            count = min(command[0x37][0], left)
            left -= count
            more = tlv(0xB6, bytes(count)) + tlv(0x37, bytes([min(left, 255)]))
        response = tlv(0x81, command[0x01]) + tlv(0x82, b"\x82\x81") + tlv(0x83, b"\x00") + more
        answer = apdu.send_raw(f"80140000{len(response):02X}{response.hex()}")


def tlv(tag, value):
    length = bytes([len(value)]) if len(value) < 0x80 else bytes([0x81, len(value)])
    return bytes([tag]) + length + bytes(value)


def objects(command):
    """The data objects of a proactive command, by tag without the comprehension bit."""
    found, at = {}, 3 if command[1] == 0x81 else 2
    while at < len(command):
        tag, length, at = command[at] & 0x7F, command[at + 1], at + 2
        if length == 0x81:
            length, at = command[at], at + 1
        found[tag] = command[at:at + length]
        at += length
    return found


def main():
    logging.basicConfig(filename=sys.argv[1], level=logging.DEBUG, format="%(name)s %(message)s")
    client = PCSCClient()
    names = [reader.name for reader in client.list_readers() if reader.has_card]
    client.connect(names[0])
    try:
        apdu = APDUInterface(client.transmit)
        use_the_card(apdu, SecureDomainManager(client.transmit))
        be_the_terminal(apdu)
    finally:
        client.disconnect()


main()
