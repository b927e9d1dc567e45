#pragma once

// A folder whose every change is known: which bytes of which file the disk has for certain, and which it may have. The
// calls of the system that change files (open, write, fsync, rename and so on) lead here first, in the whole program.
//
// From that follow the folders that a crash can leave. A killed program leaves all that it did, its last write cut at
// any byte. A power failure leaves of each file what was flushed, and of later writes any, whole, in part, by sectors,
// or none; and of the changes of names since the folder was flushed, any. So do T. S. Pillai et al., "All File Systems
// Are Not Created Equal" (OSDI 2014), and J. Mohan et al., "Finding Crash-Consistency Bugs with Bounded Black-Box Crash
// Testing" (OSDI 2018).

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>

namespace disk {

/// A folder's files: name and bytes.
using contents = std::map<std::string, std::string>;

enum class crash { killed, power_failure };

/// What a crash leaves: the files that the next program finds, and what of them the disk has not got yet. That is
/// nothing after a power failure; a killed program's writes may still be under way.
struct left {
    contents files;
    std::shared_ptr<struct pending const> under_way;
};

/// Watches a folder from now on, of which the disk has all but what is under way. Only one is watched at a time.
/// Randomness that the program asks the system for is drawn from `seed`, so that a run can be repeated.
void watch(std::filesystem::path const& folder, std::uint64_t seed, left const& from = {});
void watch_nothing();

/// What is called before every change of a watched file, and may look at files.
void before_changes(std::function<void()> call);

/// A folder that a crash at this moment can leave.
left after_crash(crash how, std::mt19937_64& random);

/// Lets a number of changes succeed and then so many fail, with an error as of a full or a broken disk; or be written
/// in part. None from now on with `count` 0. Files can always be shortened, and folders flushed.
void fail_later(std::size_t after, std::size_t count, bool is_full, std::uint64_t seed);
/// How many have failed since then.
std::size_t failures();

/// Ends the program unless the files are what their changes make of them: otherwise a call was missed.
void check();

} // namespace disk
