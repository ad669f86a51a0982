import java.util.HexFormat;
import javax.smartcardio.CardChannel;
import javax.smartcardio.CardTerminal;
import javax.smartcardio.CommandAPDU;
import javax.smartcardio.ResponseAPDU;
import javax.smartcardio.TerminalFactory;

/** A Java program, which opens the library by its full path: reads EF.ICCID, and selects the USIM by a part of its name. */
public class Card {
    public static void main(String[] arguments) throws Exception {
        CardTerminal terminal = TerminalFactory.getDefault().terminals().list().get(0);
        javax.smartcardio.Card card = terminal.connect("*");
        CardChannel channel = card.getBasicChannel();
        for (int round = 0; round < 20; round++) {
            ResponseAPDU response = channel.transmit(new CommandAPDU(0x00, 0xA4, 0x00, 0x04, new byte[] {0x2F, (byte) 0xE2}));
            System.out.println(Integer.toHexString(response.getSW()));
        }
        ResponseAPDU number = channel.transmit(new CommandAPDU(0x00, 0xB0, 0x00, 0x00, 10));
        System.out.println("EF.ICCID " + HexFormat.of().withUpperCase().formatHex(number.getData()));
        byte[] name = {(byte) 0xA0, 0, 0, 0, (byte) 0x87, 0x10, 0x02};
        ResponseAPDU usim = channel.transmit(new CommandAPDU(0x00, 0xA4, 0x04, 0x04, name, 256));
        System.out.println("ADF.USIM " + Integer.toHexString(usim.getSW()));
        card.disconnect(true);
    }
}
