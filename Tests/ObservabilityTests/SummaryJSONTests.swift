import Foundation
import ProbeEvents
import Testing

@testable import Observability

@Suite struct SummaryJSONTests {
    @Test func typicalRun() throws {
        let json = String(decoding: try SummaryScenario.typical().report().json(), as: UTF8.self)
        #expect(
            json == """
                {
                  "bip" : {
                    "channel_count" : 0,
                    "channels" : [

                    ],
                    "failures" : [

                    ],
                    "received_bytes" : 0,
                    "sent_bytes" : 0,
                    "triggers" : 0
                  },
                  "card_nanoseconds" : 133300000,
                  "card_share" : 0.3174,
                  "client_counts" : {
                    "attached" : 1,
                    "ended" : 1,
                    "killed" : 0
                  },
                  "clients" : [
                    {
                      "commands" : 21,
                      "is_wait_exact" : true,
                      "library" : "/usr/lib/libpcsclite_real.so.1",
                      "pid" : 4242,
                      "program" : "opensc-tool",
                      "sessions_left_open" : 0,
                      "state" : "ended"
                    }
                  ],
                  "command_count" : 21,
                  "commands" : [
                    {
                      "calls" : 12,
                      "command" : "SELECT",
                      "errors" : 0,
                      "expected_errors" : 0,
                      "max_nanoseconds" : 10200000,
                      "p50_nanoseconds" : 10158079,
                      "p95_nanoseconds" : 10158079,
                      "probing_refusals" : 2,
                      "share" : 0.859,
                      "total_nanoseconds" : 114500000,
                      "untimed_calls" : 0
                    },
                    {
                      "calls" : 8,
                      "command" : "READ BINARY",
                      "errors" : 1,
                      "expected_errors" : 0,
                      "max_nanoseconds" : 4400000,
                      "p50_nanoseconds" : 2007039,
                      "p95_nanoseconds" : 4400000,
                      "probing_refusals" : 0,
                      "share" : 0.138,
                      "total_nanoseconds" : 18400000,
                      "untimed_calls" : 0
                    },
                    {
                      "calls" : 1,
                      "command" : "GET RESPONSE",
                      "errors" : 0,
                      "expected_errors" : 0,
                      "max_nanoseconds" : 400000,
                      "p50_nanoseconds" : 400000,
                      "p95_nanoseconds" : 400000,
                      "probing_refusals" : 0,
                      "share" : 0.003,
                      "total_nanoseconds" : 400000,
                      "untimed_calls" : 0
                    }
                  ],
                  "commands_without_header" : 0,
                  "dropped_events" : 0,
                  "dropped_events_by_reason" : {

                  },
                  "ended_at" : "2025-01-31T12:00:00.420Z",
                  "error_count" : 1,
                  "error_types" : {
                    "security" : 1
                  },
                  "esim" : {
                    "download_count" : 0,
                    "downloads" : [

                    ],
                    "functions" : [

                    ],
                    "pending_notifications" : null
                  },
                  "exit_code" : 0,
                  "exit_signal" : null,
                  "exit_signal_name" : null,
                  "expectations" : [

                  ],
                  "expected" : {

                  },
                  "expected_count" : 0,
                  "failed_transmits" : [

                  ],
                  "flights" : [

                  ],
                  "instructions" : {
                    "A4" : 12,
                    "B0" : 8,
                    "C0" : 1
                  },
                  "lost_clients" : 0,
                  "open_source_faults" : [

                  ],
                  "operations" : [
                    {
                      "calls" : 2,
                      "failures" : [

                      ],
                      "operation" : "begin_transaction"
                    },
                    {
                      "calls" : 1,
                      "failures" : [

                      ],
                      "operation" : "status"
                    }
                  ],
                  "pcsc_calls" : 24,
                  "pins" : [

                  ],
                  "probing_refusal_count" : 2,
                  "probing_refusals" : {
                    "6A82" : 2
                  },
                  "program" : "opensc-tool",
                  "readers" : [
                    {
                      "atr" : "3B9F96801F878031E073FE211B674A4C753034054BA9",
                      "atr_description" : "T=0, 512/32, UICC (sysmoISIM-SJA2), 4 channels",
                      "card" : "UICC",
                      "commands" : 21,
                      "reader" : "Virtual PCD 00 00",
                      "session_nanoseconds" : 400000000,
                      "sessions" : 1,
                      "wait_is_lower_bound" : false,
                      "wait_is_upper_bound" : false,
                      "wait_nanoseconds" : 12000000
                    }
                  ],
                  "remark" : null,
                  "responses_without_status_word" : 0,
                  "secured_packets" : {
                    "packet_count" : 0,
                    "receipt_max_nanoseconds" : null,
                    "receipt_p50_nanoseconds" : null,
                    "receipts" : {

                    }
                  },
                  "sessions" : {
                    "closed" : {
                      "completed" : 1
                    },
                    "errors" : {

                    },
                    "left_open" : 0,
                    "opened" : 1
                  },
                  "source_faults" : 0,
                  "started_at" : "2025-01-31T12:00:00.000Z",
                  "status_word_labels" : {
                    "61XX" : 1,
                    "6982" : 1,
                    "6A82" : 2,
                    "9000" : 17
                  },
                  "status_words" : {
                    "6110" : 1,
                    "6982" : 1,
                    "6A82" : 2,
                    "9000" : 17
                  },
                  "tests" : {
                    "errors" : 0,
                    "failed" : 0,
                    "failures" : [

                    ],
                    "passed" : 0,
                    "running" : 0,
                    "skipped" : 0,
                    "slowest" : null,
                    "suites" : 0
                  },
                  "unanswered_count" : 0,
                  "unsent_count" : 0,
                  "untimed_count" : 0,
                  "upper_bound_commands" : 0,
                  "version" : 1,
                  "wait_nanoseconds" : 12000000,
                  "wall_nanoseconds" : 420000000
                }

                """)
    }
}
