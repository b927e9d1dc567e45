#include "../../examples/support/options.hpp"

#include <cmath>
#include <iostream>
#include <sstream>

#include <trine/core/error.hpp>

#include "support/catch.hpp"

namespace {

struct outcome {
    int status = 0;
    std::string message; // of the parser
    std::size_t photos = 4;
    double margin = 0.2;
    std::optional<double> threshold;
    std::optional<std::size_t> threads;
    std::string loss = "hinge", name;
    std::filesystem::path folder, output = "output";
    std::vector<std::filesystem::path> files;
    std::vector<std::size_t> places;
    std::vector<std::string> penalties;
    bool json = false, worked = false;
};

outcome run(
    std::vector<std::string> words, std::function<void()> const& work = [] {}) {
    outcome o;
    program::options app("a_program", "Tries options");
    app.path("folder", o.folder, "where").required();
    app.paths("files", o.files, "which");
    app.number("--photos", o.photos, program::range(1, 1000), "how many");
    app.number("--margin", o.margin, program::above(0, 100), "how far");
    app.number("--threshold", o.threshold, program::range(0.0, 10.0), "how near");
    app.number("--threads", o.threads, program::range(1, 64), "how many at once");
    app.numbers("--place", o.places, program::range(0, 9), "which of them");
    app.choice("--loss", o.loss, {"hinge", "circle"}, "how wrong");
    app.text("--name", o.name, "who");
    app.texts("--penalty", o.penalties, "what besides");
    app.path("--output", o.output, "where to");
    app.flag("--json", o.json, "for machines");
    app.check([&] { program::require_product("--photos", o.photos, "--margin", 10, 1000, "of them"); });
    words.insert(words.begin(), "/usr/bin/a_program");
    std::vector<char*> pointers;
    for (auto& w : words)
        pointers.push_back(w.data());
    std::ostringstream messages;
    auto* const before = std::cerr.rdbuf(messages.rdbuf());
    auto* const help = std::cout.rdbuf(messages.rdbuf());
    o.status = app.run(static_cast<int>(pointers.size()), pointers.data(), [&] {
        work();
        o.worked = true;
        return 0;
    });
    std::cerr.rdbuf(before), std::cout.rdbuf(help);
    o.message = messages.str();
    return o;
}
bool starts_with(std::string const& text, std::string const& start) { return text.rfind(start, 0) == 0; }

} // namespace

TEST_CASE("options are read, and what is not given is not there") {
    auto const usual = run({"photos"});
    CHECK(usual.worked);
    CHECK(usual.folder == "photos");
    CHECK((usual.photos == 4 && usual.margin == 0.2 && !usual.threshold && !usual.threads));
    CHECK((usual.output == "output" && usual.files.empty() && usual.name.empty() && !usual.json));

    auto const given = run({"photos", "a.png", "b.png", "--photos", "7", "--margin=1e-3", "--threshold", "0",
                            "--threads", "2", "--place", "1", "2", "--loss", "circle", "--name", "Ada L.", "--json"});
    CHECK(given.worked);
    CHECK((given.photos == 7 && given.margin == 1e-3 && given.threshold == 0.0 && given.threads == 2u));
    CHECK(given.files == std::vector<std::filesystem::path>{"a.png", "b.png"});
    CHECK(given.places == std::vector<std::size_t>{1, 2});
    CHECK((given.loss == "circle" && given.name == "Ada L." && given.json));
}

TEST_CASE("a number outside its range is refused with option, range and what was given") {
    for (char const* wrong : {"-3", "0", "1001", "nan", "inf", "1e2", "2.5", "0x10", "", " 5", "5 ", "+5", "three",
                              "18446744073709551617", "99999999999999999999999"}) {
        INFO(wrong);
        auto const o = run({"photos", "--photos", wrong});
        CHECK(!o.worked);
        CHECK(o.status == 105);
        CHECK(starts_with(o.message, "--photos: must be a whole number from 1 to 1000, not " + std::string(wrong)));
    }
    for (char const* wrong : {"nan", "inf", "none", "0", "-1", "-0", "", "1e-999"})
        CHECK(starts_with(run({"photos", "--margin", wrong}).message,
                          "--margin: must be a number above 0, not " + std::string(wrong)));
    CHECK(starts_with(run({"photos", "--margin", "1e99"}).message,
                      "--margin: must be a number above 0, not 1e99; the largest is 100"));
    for (char const* wrong : {"-1", "nan", "10.5", "1e999", "near"})
        CHECK(starts_with(run({"photos", "--threshold", wrong}).message,
                          "--threshold: must be a number from 0 to 10, not " + std::string(wrong)));
    CHECK(!std::signbit(*run({"photos", "--threshold=-0"}).threshold));
    CHECK(!run({"photos", "--place", "1", "10"}).worked);
    CHECK(!run({"photos", "--photos", "1", "--photos", "2"}).worked);
}

TEST_CASE("texts and choices are checked, and names are taken as they are") {
    CHECK(
        starts_with(run({"photos", "--loss", "Circle"}).message, "--loss: must be one of {hinge,circle}, not Circle"));
    CHECK(starts_with(run({"photos", "--output", ""}).message, "--output: must not be empty"));
    CHECK(starts_with(run({""}).message, "folder: must not be empty"));
    CHECK(run({"photos", "--marjin", "1"}).message.find("not expected: ") != std::string::npos);
    CHECK(run({}).message.find("folder is required") != std::string::npos);
    // What the parser takes for a list elsewhere.
    auto const brackets = run({"[2019,2020]", "[1].png", "--output=[new]", "--name", "[x]"});
    CHECK(brackets.folder == "[2019,2020]");
    CHECK(brackets.files == std::vector<std::filesystem::path>{"[1].png"});
    CHECK((brackets.output == "[new]" && brackets.name == "[x]"));
    CHECK(run({"photos", "--name", "a\nb"}).name == "a\nb");
    // A message is one line whatever was given.
    CHECK(starts_with(run({"photos", "--photos", "1\n\x1b[2J"}).message,
                      "--photos: must be a whole number from 1 to 1000, not 1\\n\\x1b[2J\nRun with --help"));
}

TEST_CASE("an option that may be given several times takes one text each time") {
    auto const o = run({"folder", "--penalty", "lp p=1", "first", "--penalty=zero_mean", "second"});
    CHECK(o.penalties == std::vector<std::string>{"lp p=1", "zero_mean"});
    CHECK(o.files == std::vector<std::filesystem::path>{"first", "second"});
    CHECK(run({"folder"}).penalties.empty());
    CHECK(starts_with(run({"folder", "--penalty", ""}).message, "--penalty: must not be empty"));
}

TEST_CASE("help says ranges and defaults, and errors end a program with a status") {
    auto const help = run({"--help"});
    CHECK(!help.worked);
    CHECK(help.status == 0);
    CHECK(help.message.find("1 to 1000") != std::string::npos);
    // CLI11 writes =0.2, and from 2.4 on [0.2].
    CHECK((help.message.find("=0.2") != std::string::npos || help.message.find("[0.2]") != std::string::npos));
    CHECK(help.message.find("{hinge,circle}") != std::string::npos);
    CHECK(run({"photos"}, [] { trine::fail<trine::io_error>("no"); }).status == 1);
    CHECK(run({"photos"}, [] { throw std::bad_alloc(); }).status == 1);
    CHECK(run({"photos", "--photos", "101"}).status == 1);
    CHECK(run({"photos", "--photos", "100"}).status == 0);
    CHECK_THROWS_AS(program::require_product("a", std::size_t{1} << 40, "b", std::size_t{1} << 40, 1000, "photos"),
                    trine::argument_error);
}

TEST_CASE("a command has options of its own, and one has to be given") {
    std::string name;
    auto const parse = [&](std::vector<std::string> words) {
        program::options app("a_program", "Tries commands");
        auto& adding = app.command("add", "adds");
        auto& removing = app.command("remove", "removes");
        adding.text("name", name, "who").required();
        words.insert(words.begin(), "a_program");
        std::vector<char*> pointers;
        for (auto& w : words)
            pointers.push_back(w.data());
        return app.run(static_cast<int>(pointers.size()), pointers.data(),
                       [&] { return adding.chosen() && !removing.chosen() ? 42 : 43; });
    };
    CHECK(parse({"add", "Ada"}) == 42);
    CHECK(name == "Ada");
    CHECK(parse({"remove"}) == 43);
    CHECK(parse({}) > 100);
}
