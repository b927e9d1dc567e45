#pragma once

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "../core/error.hpp"
#include "../core/hash.hpp"
#include "../io/file.hpp"
#include "json_members.hpp"
#include "run_store.hpp"

namespace trine::experiments {

TRINE_INLINE run_claim::~run_claim() {
    if (file_ < 0)
        return;
    // Whoever waits for this lock sees that the file has gone, or that the run is there.
    if (is_done_)
        io::detail::remove_name(path_);
    io::detail::close_file(file_);
}

TRINE_INLINE run_store::run_store(std::filesystem::path folder, identity const& study) : folder_(std::move(folder)) {
    std::error_code code;
    std::filesystem::create_directories(folder_ / "runs", code);
    require<io_error>(!code, (folder_ / "runs").string(), ": cannot be made: ", code.message());
    auto const file = folder_ / "study.txt";
    std::string const first = "trine study 1\n", lines = study.lines();
    if (!std::filesystem::exists(file))
        io::write_file(file, first + lines);
    auto const there = io::read_file(file);
    require<format_error>(there.starts_with(first), file.string(), ": does not say which study this folder is of");
    auto const differs =
        identity::difference(lines, std::string_view(there).substr(first.size()), "in this study", "in the folder");
    require<format_error>(differs.empty(), folder_.string(), ": holds runs of another study: ", differs);
}

TRINE_INLINE std::filesystem::path run_store::place(std::string const& key, char const* ending) const {
    char name[32];
    std::snprintf(name, sizeof name, "%016llx%s", static_cast<unsigned long long>(checksum(key)), ending);
    return folder_ / "runs" / name;
}

TRINE_INLINE outcome const* run_store::find(std::string const& key) {
    if (auto const at = known_.find(key); at != known_.end())
        return &at->second;
    auto const file = place(key, ".json");
    if (!std::filesystem::exists(file))
        return nullptr;
    try {
        auto const run = io::json::parse(io::read_file(file));
        auto const own = detail::text(run, "key");
        require<format_error>(
            own == key, "it is of another run: ", identity::difference(key, own, "in the run looked for", "there"));
        return &known_.emplace(key, outcome::from_json(detail::member(run, "outcome"))).first->second;
    } catch (format_error const& e) {
        fail<format_error>(file.string(), ": ", e.what(), "; remove the file to have the run made again");
    }
}

TRINE_INLINE run_claim run_store::claim(std::string const& key) const {
    run_claim taken;
    taken.path_ = place(key, ".lock");
    int const file = io::detail::open_locked(taken.path_);
    if (file < 0 && errno == EWOULDBLOCK)
        return {};
    if (file < 0)
        fail<io_error>(taken.path_.string(), ": cannot be made and locked: ", std::strerror(errno));
    taken.file_ = file;
    taken.is_done_ = std::filesystem::exists(place(key, ".json"));
    return taken;
}

TRINE_INLINE void run_store::put(std::string const& key, io::json::object about, outcome o, run_claim& claim) {
    about.emplace_back("key", key);
    about.emplace_back("outcome", o.to_json());
    io::write_file(place(key, ".json"), io::json(std::move(about)).dump() + "\n");
    claim.is_done_ = true;
    known_.insert_or_assign(key, std::move(o));
}

TRINE_INLINE std::size_t run_store::count() const {
    std::size_t runs = 0;
    std::error_code code;
    for (std::filesystem::directory_iterator at(folder_ / "runs", code), end; !code && at != end; at.increment(code))
        runs += at->path().extension() == ".json";
    return runs;
}

} // namespace trine::experiments
