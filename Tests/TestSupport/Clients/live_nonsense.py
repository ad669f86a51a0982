"""Asks the live API for random things: live_nonsense.py PORT COUNT SEED. Fails when no answer comes but HTTP."""
import random
import socket
import sys

port, count = int(sys.argv[1]), int(sys.argv[2])
dice = random.Random(int(sys.argv[3]))
paths = ["status", "stream", "apdu/", "apdu/1", "apdu/%d" % 2**64, "apdu/../status", "apdu", "", "stream?after="]
odd = ["0", "-1", "1", "99999999999999999999999", "%00", "%ff", "a" * 3000, "1e3", " 1", "\u20ac", "1&after=2", "//"]
names = ["Last-Event-ID", "Sec-Fetch-Site", "Origin", "Accept", "Host", "Authorization", "X-Forwarded-For", "Range"]
answers = {}
for number in range(count):
    path = "/api/v1/" + dice.choice(paths) + (dice.choice(odd) if dice.random() < 0.6 else "")
    lines = [f"{dice.choice(['GET', 'GET', 'GET', 'HEAD', 'POST', 'GE T', ''])} {path} HTTP/1.{dice.randint(0, 1)}"]
    lines += [f"Host: {dice.choice(['localhost', '127.0.0.1', 'evil'])}", "Connection: close"]
    lines += [f"{dice.choice(names)}: {dice.choice(odd)}" for _ in range(dice.randint(0, 3))]
    request = "\r\n".join(lines).encode() + b"\r\n\r\n"
    if dice.random() < 0.1:
        request = bytes(dice.randrange(256) for _ in range(dice.randint(1, 200)))
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        # Who says no more ends what would have no end.
        connection.shutdown(socket.SHUT_WR)
        try:
            answer = connection.recv(64)
        except ConnectionResetError:
            answer = b""
    code = answer[9:12].decode(errors="replace") if answer.startswith(b"HTTP/1.1 ") else ("none" if not answer else "?")
    answers[code] = answers.get(code, 0) + 1
print(answers)
sys.exit(0 if "?" not in answers and "500" not in answers and answers.get("200", 0) > 0 else 1)
