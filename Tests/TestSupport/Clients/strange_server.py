"""Answers HTTP as no probe does, by the first part of the path; writes its port.

usage: strange_server.py
"""
import http.server
import time

ANSWERS = {
    "redirect": (302, "text/plain", b""),
    "page": (200, "text/html", b"<html>It works</html>"),
    "other": (200, "application/json", b'{"hello": 1}'),
    "newer": (200, "application/json", b'{"schema": 9}'),
    "busy": (503, "text/plain", b"too many scrapes at once; try again\n"),
    "broken": (500, "text/plain", b"the web config file has a fault\n\x1b[31m"),
    "garbage": (200, "text/plain", b"good_metric 1\nbad metric line\n"),
    "empty": (200, "text/plain", b""),
    "json": (200, "application/json", b'{"families": 3}'),
}


class Strange(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        word = self.path.split("/")[1]
        if word == "hang":
            time.sleep(30)
        if word == "nonsense":
            self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
            self.close_connection = True
            return
        if word == "large":
            self.send_response(200)
            self.send_header("Content-Length", str(64 * 1024 * 1024))
            self.end_headers()
            try:
                for _ in range(1024):
                    self.wfile.write(b"x" * 65536)
            except OSError:
                pass
            self.close_connection = True
            return
        if word == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"{")
            self.close_connection = True
            return
        status, kind, body = ANSWERS.get(word, (404, "text/plain", b"nothing here\n"))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == 302:
            self.send_header("Location", "http://elsewhere.example/")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Strange)
print(server.server_address[1], flush=True)
server.serve_forever()
