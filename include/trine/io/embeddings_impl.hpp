#pragma once

#include <charconv>
#include <cmath>

#include "../core/error.hpp"
#include "../core/finite.hpp"
#include "embeddings.hpp"
#include "file.hpp"

namespace trine::io {

namespace detail {

// The shortest digits that are this float again.
inline void append_float(std::string& to, float value) {
    char digits[32];
    to.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

inline void append_csv_text(std::string& to, std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
        to += text;
        return;
    }
    to += '"';
    for (char c : text)
        c == '"' ? to += "\"\"" : to += c;
    to += '"';
}

// The fields of a table, one by one.
class csv_reader {
public:
    csv_reader(std::string_view bytes, std::string const& source) : bytes_(bytes), source_(source) {}

    bool at_end() const { return at_ == bytes_.size(); }
    std::size_t line() const { return line_; }
    /// Whether that was the line's last.
    bool next(std::string& field) {
        field.clear();
        if (at_ < bytes_.size() && bytes_[at_] == '"') {
            for (++at_;; ++at_) {
                require<format_error>(at_ < bytes_.size(), source_, ", line ", line_, ": a quote is not closed");
                if (bytes_[at_] == '"') {
                    if (at_ + 1 == bytes_.size() || bytes_[at_ + 1] != '"')
                        break;
                    ++at_;
                }
                lines_within_ += bytes_[at_] == '\n';
                field += bytes_[at_];
            }
            ++at_;
        } else
            while (at_ < bytes_.size() && bytes_[at_] != ',' && bytes_[at_] != '\n' && bytes_[at_] != '\r')
                field += bytes_[at_++];
        if (at_ < bytes_.size() && bytes_[at_] == ',') {
            ++at_;
            return false;
        }
        if (at_ < bytes_.size() && bytes_[at_] == '\r')
            ++at_;
        require<format_error>(at_ == bytes_.size() || bytes_[at_] == '\n', source_, ", line ", line_,
                              ": something follows the end of a quoted text");
        at_ += at_ < bytes_.size();
        line_ += 1 + lines_within_, lines_within_ = 0;
        return true;
    }

private:
    std::string_view bytes_;
    std::string const& source_;
    std::size_t at_ = 0, line_ = 1, lines_within_ = 0;
};

} // namespace detail

TRINE_INLINE std::string embeddings_csv(matrix_view<float const> embeddings, std::span<std::string const> labels) {
    require<shape_error>(embeddings.rows() == labels.size(), embeddings.rows(), " embeddings but ", labels.size(),
                         " labels");
    require_finite(embeddings, "embedding", " of those to be written"); // for no other is read
    std::string all = "label";
    for (std::size_t i = 0; i < embeddings.cols(); ++i)
        all.append(",").append(std::to_string(i));
    all += '\n';
    for (std::size_t i = 0; i < embeddings.rows(); ++i) {
        detail::append_csv_text(all, labels[i]);
        for (float value : embeddings.row(i)) {
            all += ',';
            detail::append_float(all, value);
        }
        all += '\n';
    }
    return all;
}

TRINE_INLINE labelled_embeddings parse_embeddings_csv(std::string_view bytes, std::string const& source) {
    detail::csv_reader in(bytes, source);
    labelled_embeddings all;
    std::string field;
    std::size_t columns = 1;
    bool last = in.next(field);
    require<format_error>(field == "label", source, ", line 1: begins with \"", field.substr(0, 40),
                          "\", not with the column \"label\"");
    for (; !last; ++columns)
        last = in.next(field);
    all.dimensions = columns - 1;
    require<format_error>(all.dimensions > 0, source, ", line 1: there are no columns of values behind the label");
    while (!in.at_end()) {
        std::size_t const line = in.line();
        last = in.next(field);
        all.labels.push_back(field);
        std::size_t found = 0;
        for (; !last; ++found) {
            last = in.next(field);
            float value = 0;
            auto const [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
            require<format_error>(error == std::errc() && end == field.data() + field.size() && std::isfinite(value),
                                  source, ", line ", line, ": \"", field.substr(0, 40), "\" is no finite number");
            all.values.push_back(value);
        }
        require<format_error>(found == all.dimensions, source, ", line ", line, ": ", found, " values, not ",
                              all.dimensions);
    }
    return all;
}

TRINE_INLINE void write_embeddings_csv(std::filesystem::path const& path, matrix_view<float const> embeddings,
                                       std::span<std::string const> labels) {
    write_file(path, embeddings_csv(embeddings, labels));
}

TRINE_INLINE labelled_embeddings read_embeddings_csv(std::filesystem::path const& path) {
    return parse_embeddings_csv(read_file(path), path.string());
}

TRINE_INLINE std::string projector_vectors(matrix_view<float const> embeddings) {
    std::string all;
    for (std::size_t i = 0; i < embeddings.rows(); ++i) {
        for (std::size_t k = 0; k < embeddings.cols(); ++k) {
            if (k > 0)
                all += '\t';
            detail::append_float(all, embeddings(i, k));
        }
        all += '\n';
    }
    return all;
}

TRINE_INLINE std::string projector_metadata(std::span<text_column const> columns) {
    require<shape_error>(!columns.empty(), "metadata of no columns");
    std::string all;
    auto const append_line = [&](auto&& text_of) {
        for (std::size_t c = 0; c < columns.size(); ++c) {
            if (c > 0)
                all += '\t';
            for (char letter : text_of(columns[c]))
                all += letter == '\t' || letter == '\n' || letter == '\r' ? ' ' : letter;
        }
        all += '\n';
    };
    for (auto const& column : columns)
        require<shape_error>(column.texts.size() == columns[0].texts.size(), "column \"", column.name, "\" has ",
                             column.texts.size(), " texts where \"", columns[0].name, "\" has ",
                             columns[0].texts.size());
    if (columns.size() > 1)
        append_line([](text_column const& column) -> std::string const& { return column.name; });
    for (std::size_t i = 0; i < columns[0].texts.size(); ++i)
        append_line([i](text_column const& column) -> std::string const& { return column.texts[i]; });
    return all;
}

} // namespace trine::io
