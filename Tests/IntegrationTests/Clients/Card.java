import javax.smartcardio.CardChannel;
import javax.smartcardio.CardTerminal;
import javax.smartcardio.CommandAPDU;
import javax.smartcardio.ResponseAPDU;
import javax.smartcardio.TerminalFactory;

public class Card {
    public static void main(String[] arguments) throws Exception {
        CardTerminal terminal = TerminalFactory.getDefault().terminals().list().get(0);
        javax.smartcardio.Card card = terminal.connect("*");
        CardChannel channel = card.getBasicChannel();
        for (int round = 0; round < 20; round++) {
            ResponseAPDU response = channel.transmit(new CommandAPDU(0x00, 0xA4, 0x00, 0x04, new byte[] {0x2F, (byte) 0xE2}));
            System.out.println(Integer.toHexString(response.getSW()));
        }
        System.out.println(Integer.toHexString(channel.transmit(new CommandAPDU(0x00, 0xB0, 0x00, 0x00, 10)).getSW()));
        card.disconnect(true);
    }
}
