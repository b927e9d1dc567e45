#pragma once

/// A study's runs on disk: a file each, written whole, in a folder that several processes may share.

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "../core/config.hpp"
#include "../core/identity.hpp"
#include "outcome.hpp"

namespace trine::experiments {

/// The right to make a run, which no other process has meanwhile. It ends with this object, or its process.
class run_claim {
public:
    run_claim() = default;
    ~run_claim();
    run_claim(run_claim&& other) noexcept
        : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)), is_done_(other.is_done_) {}
    run_claim& operator=(run_claim&& other) noexcept {
        std::swap(path_, other.path_), std::swap(file_, other.file_), std::swap(is_done_, other.is_done_);
        return *this;
    }
    explicit operator bool() const { return file_ >= 0; }

private:
    friend class run_store;
    std::filesystem::path path_;
    int file_ = -1;
    bool is_done_ = false; // its file is needed no more
};

/// FOLDER/study.txt says what all runs have in common, and FOLDER/runs has a file for each.
class run_store {
public:
    /// Opens the folder of a study, or makes it.
    ///
    /// @throws io_error      when it cannot be made, read or written
    /// @throws format_error  when it holds another study's runs, saying what differs
    run_store(std::filesystem::path folder, identity const& study);

    /// What a run came to, if it was made, by whomever. `key` says all that it depends on, in any words.
    ///
    /// @throws io_error, format_error  when its file cannot be read, or is damaged
    outcome const* find(std::string const& key);
    /// The right to make a run; empty when another process has it.
    ///
    /// @throws io_error  when locks cannot be had there
    run_claim claim(std::string const& key) const;
    /// Keeps a run that was claimed, with words for those who read its file.
    ///
    /// @throws io_error  when it cannot be written
    void put(std::string const& key, io::json::object about, outcome o, run_claim& claim);

    /// How many runs the folder holds now, of this process and others.
    std::size_t count() const;
    std::filesystem::path const& folder() const { return folder_; }

private:
    std::filesystem::path place(std::string const& key, char const* ending) const;

    std::filesystem::path folder_;
    std::map<std::string, outcome> known_;
};

} // namespace trine::experiments

#ifdef TRINE_HEADER_ONLY
#include "run_store_impl.hpp"
#endif
