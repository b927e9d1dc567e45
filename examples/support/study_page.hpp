#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <trine/experiments/findings.hpp>
#include <trine/experiments/study.hpp>

// A study as one HTML file: a table to sort, intervals, ranks, what differs, and each entry's curves and distributions.
// The page is in examples/study_page.
namespace program {

// throws io_error when it cannot be written
void write_study_page(std::filesystem::path const& file, std::string const& title,
                      trine::experiments::study_options const& how,
                      std::vector<trine::experiments::entry_result> const& results,
                      trine::experiments::findings const& found);

} // namespace program
