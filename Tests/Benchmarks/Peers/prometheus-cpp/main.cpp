// The benchmarks' words, spoken by prometheus-cpp; see ../README.md.
#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>
#include <sstream>
#include <thread>

using namespace prometheus;
using Words = std::vector<std::string>;
using Clock = std::chrono::steady_clock;

[[noreturn]] static void fail(const std::string &words) {
    std::cerr << "prometheus-cpp: " << words << '\n';
    std::exit(1);
}

static Words split(const std::string &text, char separator) {
    Words words;
    std::istringstream stream(text);
    for (std::string word; std::getline(stream, word, separator);) words.push_back(word);
    return words;
}

static std::vector<Words> lines(const std::string &path) {
    std::ifstream file(path);
    if (!file) fail("cannot read " + path);
    std::vector<Words> rows;
    for (std::string line; std::getline(file, line);) rows.push_back(split(line, '\t'));
    return rows;
}

static std::vector<double> reals(const std::string &list) {
    std::vector<double> values;
    for (const auto &word : split(list, ' ')) values.push_back(std::stod(word));
    return values;
}

static double nanosecondsSince(Clock::time_point start) {
    return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

class Recorder {
public:
    Recorder(Registry &registry, const std::string &mode, const std::vector<Words> &rows)
        : commands(BuildCounter().Name("cardlink_apdu_commands_total").Help("Commands.").Register(registry)),
          responses(BuildCounter().Name("cardlink_apdu_responses_total").Help("Responses.").Register(registry)),
          time(BuildHistogram().Name("cardlink_apdu_response_time_seconds").Help("Times.").Register(registry)),
          data(BuildHistogram().Name("cardlink_apdu_data_bytes").Help("Lengths.").Register(registry)),
          isResolved(mode == "resolved") {
        for (const auto &row : rows) {
            stream.push_back({row[0], row[1], row[2], row[3], std::stod(row[4]), std::stod(row[5]), std::stod(row[6])});
            if (isResolved) resolve(stream.back());
        }
    }

    double run(int threads, int rounds) {
        std::vector<std::thread> workers;
        auto start = Clock::now();
        for (int thread = 0; thread < threads; thread++) {
            workers.emplace_back([this, rounds, first = thread * stream.size() / threads] {
                for (int round = 0; round < rounds; round++) {
                    record(first, stream.size());
                    record(0, first);
                }
            });
        }
        for (auto &worker : workers) worker.join();
        return nanosecondsSince(start) / (double(rounds) * double(stream.size()));
    }

private:
    struct Command {
        std::string name, carrier, statusWord, success;
        double seconds, sent, received;
    };
    struct Resolved {
        Counter *commands, *responses;
        Histogram *time, *sent, *received;
    };

    Counter &command(const Command &c) { return commands.Add({{"command", c.name}, {"interface", c.carrier}}); }
    Counter &response(const Command &c) { return responses.Add({{"status_word", c.statusWord}, {"success", c.success}}); }
    Histogram &duration(const Command &c) { return time.Add({{"command", c.name}}, timeBounds); }
    Histogram &length(const char *direction) { return data.Add({{"direction", direction}}, dataBounds); }

    void resolve(const Command &c) {
        resolved.push_back({&command(c), &response(c), &duration(c), &length("sent"), &length("received")});
    }

    void record(size_t from, size_t to) {
        for (size_t i = from; i < to; i++) {
            const auto &c = stream[i];
            if (isResolved) {
                const auto &r = resolved[i];
                r.commands->Increment();
                r.responses->Increment();
                r.time->Observe(c.seconds);
                r.sent->Observe(c.sent);
                r.received->Observe(c.received);
            } else {
                command(c).Increment();
                response(c).Increment();
                duration(c).Observe(c.seconds);
                length("sent").Observe(c.sent);
                length("received").Observe(c.received);
            }
        }
    }

    const std::vector<double> timeBounds = reals(".0001 .00025 .0005 .001 .0025 .005 .01 .025 .05 .1 .25 .5 1 2.5 5 10");
    const std::vector<double> dataBounds = reals("16 32 64 128 256 512 1024 2048 4096");
    Family<Counter> &commands, &responses;
    Family<Histogram> &time, &data;
    const bool isResolved;
    std::vector<Command> stream;
    std::vector<Resolved> resolved;
};

class Series {
public:
    Series(Registry &registry, const std::vector<Words> &rows) {
        std::function<void(const Words &)> add;
        for (const auto &row : rows) {
            if (row[0] == "family") add = family(registry, row); else add(row);
        }
    }

    void update() {
        for (size_t i = 0; i < children.size(); i++) {
            const auto &child = children[i];
            if (child.counter) {
                child.counter->Increment(double(1 + (7 * i + 13 * step) % 100));
            } else if (child.gauge) {
                child.gauge->Set((double((31 * i + 17 * step) % 8000) - 4000) / 8);
            } else {
                const auto &values = *child.values;
                child.histogram->Observe(values[0]);
                for (size_t k = 0; k < 4; k++) child.histogram->Observe(values[(i + 4 * step + k) % values.size()]);
            }
        }
        step++;
    }

    double lookUp(int rounds) {
        auto start = Clock::now();
        for (int round = 0; round < rounds; round++) {
            for (const auto &c : counters) {
                c.family->Add({{names[0], c.values[1]}, {names[1], c.values[2]}}).Increment();
            }
        }
        return nanosecondsSince(start) / (double(rounds) * double(counters.size()));
    }

private:
    // A counter that is to be found by its labels.
    struct Labelled {
        Family<Counter> *family;
        Words values;
    };
    // One of the three.
    struct Child {
        Counter *counter;
        Gauge *gauge;
        Histogram *histogram;
        std::shared_ptr<std::vector<double>> values;
    };

    std::function<void(const Words &)> family(Registry &registry, const Words &row) {
        names = split(row[4], ' ');
        auto labels = [this](const Words &values) {
            Labels labels;
            for (size_t i = 0; i < names.size(); i++) labels[names[i]] = values[i + 1];
            return labels;
        };
        if (row[1] == "counter") {
            auto &made = BuildCounter().Name(row[2]).Help(row[3]).Register(registry);
            return [this, labels, &made](const Words &v) {
                counters.push_back({&made, v});
                children.push_back({&made.Add(labels(v)), nullptr, nullptr, {}});
            };
        }
        if (row[1] == "gauge") {
            auto &made = BuildGauge().Name(row[2]).Help(row[3]).Register(registry);
            return [this, labels, &made](const Words &v) { children.push_back({nullptr, &made.Add(labels(v)), nullptr, {}}); };
        }
        auto &made = BuildHistogram().Name(row[2]).Help(row[3]).Register(registry);
        auto values = std::make_shared<std::vector<double>>(reals(row[6]));
        return [this, labels, values, bounds = reals(row[5]), &made](const Words &v) {
            children.push_back({nullptr, nullptr, &made.Add(labels(v), bounds), values});
        };
    }

    // Those of all families.
    Words names;
    std::vector<Labelled> counters;
    std::vector<Child> children;
    size_t step = 0;
};

static std::string text(const Registry &registry) { return TextSerializer().Serialize(registry.Collect()); }

static std::string common(const Registry &registry, const Words &words) {
    if (words.size() != 2 || words[0] != "write") fail("unknown command " + words[0]);
    std::ofstream(words[1]) << text(registry);
    return "done";
}

static void converse(const std::function<std::string(const Words &)> &answer) {
    for (std::string line; std::getline(std::cin, line);) std::cout << answer(split(line, ' ')) << std::endl;
}

static std::string render(const Registry &registry) {
    auto start = Clock::now();
    auto bytes = text(registry).size();
    return std::to_string(int64_t(nanosecondsSince(start))) + " " + std::to_string(bytes);
}

int main(int count, char **arguments) {
    Words given(arguments + 1, arguments + count);
    auto registry = std::make_shared<Registry>();
    if (given.size() == 3 && given[0] == "record") {
        Recorder recorder(*registry, given[1], lines(given[2]));
        converse([&](const Words &words) {
            if (words.size() == 3 && words[0] == "run") {
                return std::to_string(recorder.run(std::stoi(words[1]), std::stoi(words[2])));
            }
            return common(*registry, words);
        });
    } else if (given.size() == 2 && given[0] == "serve") {
        Series series(*registry, lines(given[1]));
        Exposer exposer({"listening_ports", "127.0.0.1:0", "num_threads", "2", "enable_keep_alive", "yes",
                         "keep_alive_timeout_ms", "10000", "tcp_nodelay", "1"});
        exposer.RegisterCollectable(registry);
        converse([&](const Words &words) -> std::string {
            if (words[0] == "port") return std::to_string(exposer.GetListeningPorts().at(0));
            if (words[0] == "look-up") return std::to_string(series.lookUp(std::stoi(words.at(1))));
            if (words[0] != "update" && words[0] != "render") return common(*registry, words);
            series.update();
            return words[0] == "update" ? "done" : render(*registry);
        });
    } else {
        fail("usage: record look-up|resolved STREAM, or serve SERIES");
    }
}
