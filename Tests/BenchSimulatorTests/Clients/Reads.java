import java.util.HexFormat;
import javax.smartcardio.*;

/** Reads EF.ICCID and selects the USIM by a part of its name. */
public class Reads {
    public static void main(String[] arguments) throws CardException {
        CardTerminal terminal = TerminalFactory.getDefault().terminals().list(CardTerminals.State.CARD_PRESENT).get(0);
        Card card = terminal.connect("*");
        CardChannel channel = card.getBasicChannel();
        channel.transmit(new CommandAPDU(0x00, 0xA4, 0x00, 0x0C, new byte[] {0x2F, (byte) 0xE2}));
        ResponseAPDU number = channel.transmit(new CommandAPDU(0x00, 0xB0, 0, 0, 10));
        System.out.println("EF.ICCID " + HexFormat.of().withUpperCase().formatHex(number.getData()));
        byte[] name = {(byte) 0xA0, 0, 0, 0, (byte) 0x87, 0x10, 0x02};
        ResponseAPDU usim = channel.transmit(new CommandAPDU(0x00, 0xA4, 0x04, 0x04, name, 256));
        System.out.println("ADF.USIM " + Integer.toHexString(usim.getSW()));
        card.disconnect(false);
    }
}
