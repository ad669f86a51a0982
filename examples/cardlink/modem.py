"""CardLink's modem classes at a port: what the modem is, its card and network, BIP monitor, and an SMS trigger.

    modem.py PORT LOG

LOG gets CardLink's own log, a line for each command.
"""

import asyncio
import logging
import sys

from cardlink.modem import at_interface
from cardlink.modem.at_interface import ATInterface
from cardlink.modem.bip_monitor import BIPMonitor
from cardlink.modem.modem_info import ModemInfoRetriever
from cardlink.modem.network_manager import NetworkManager
from cardlink.modem.serial_client import SerialClient
from cardlink.modem.sms_trigger import SMSTrigger

# It looks for an OK that stands alone between two LF. No modem sends that, so each command waits out its time: 5 s.
at_interface.DEFAULT_COMMAND_TIMEOUT = 0.4

# An SMS-SUBMIT to an invented number with one octet of 8-bit data.
MESSAGE = "0001000781214365F70004" "01" "00"


async def main():
    logging.basicConfig(filename=sys.argv[2], level=logging.DEBUG, format="%(name)s %(message)s")
    port = SerialClient(sys.argv[1])
    await port.open()
    at = ATInterface(port)
    monitor = BIPMonitor(at)
    retriever = ModemInfoRetriever(at)
    network = NetworkManager(at)
    trigger = SMSTrigger(at)
    for step in (
        monitor.start, retriever.get_modem_info, retriever.get_sim_info, network.check_registration,
        lambda: trigger.send_raw_pdu(MESSAGE), monitor.stop,
    ):
        try:
            await step()
        except Exception as error:  # a time-out, as above; the next step is one of its own
            logging.getLogger("modem").info("%s", error)
    await at.stop_urc_monitoring()
    await port.close()


asyncio.run(main())
