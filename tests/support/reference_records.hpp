#pragma once

#include <filesystem>

#include <nlohmann/json.hpp>

#include <trine/io/file.hpp>

/// What a folder of reference vectors says of each.
inline nlohmann::json records_of(std::filesystem::path const& folder) {
    auto const manifest = nlohmann::json::parse(trine::io::read_file(folder / "manifest.json"));
    return manifest.is_object() ? manifest["records"] : manifest;
}
