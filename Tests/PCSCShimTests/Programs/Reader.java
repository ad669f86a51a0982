import java.util.HexFormat;
import javax.smartcardio.*;

/** A Java program: the JDK opens the library by its full path. */
public class Reader {
    public static void main(String[] arguments) throws Exception {
        Card card = TerminalFactory.getDefault().terminals().list().get(0).connect("*");
        CardChannel channel = card.getBasicChannel();
        for (String command : new String[] {"00A40004023F00", "00B0000010", "80CA000000"}) {
            System.out.println(HexFormat.of().withUpperCase().formatHex(
                channel.transmit(new CommandAPDU(HexFormat.of().parseHex(command))).getBytes()));
        }
        card.disconnect(false);
    }
}
