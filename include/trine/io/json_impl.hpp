#pragma once

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <system_error>

#include "../core/utf8.hpp"
#include "json.hpp"

namespace trine::io {

namespace detail {

inline void append_utf8(std::string& to, std::uint32_t code) {
    auto const put = [&](std::uint32_t byte) { to += static_cast<char>(static_cast<unsigned char>(byte)); };
    if (code < 0x80)
        return put(code);
    if (code < 0x800)
        put(0xC0 | code >> 6);
    else {
        if (code < 0x10000)
            put(0xE0 | code >> 12);
        else
            put(0xF0 | code >> 18), put(0x80 | (code >> 12 & 0x3F));
        put(0x80 | (code >> 6 & 0x3F));
    }
    put(0x80 | (code & 0x3F));
}

// The first place whose key was there before, or their number.
inline std::size_t repeated_key(json::object const& members) {
    std::vector<std::size_t> order(members.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t i, std::size_t j) { return members[i].first < members[j].first; });
    std::size_t first = members.size();
    for (std::size_t i = 1; i < order.size(); ++i)
        if (members[order[i]].first == members[order[i - 1]].first)
            first = std::min(first, order[i]);
    return first;
}

class json_reader {
public:
    explicit json_reader(std::string_view text) : text_(text) {}

    json read() {
        json all = value(0);
        skip();
        check(at_ == text_.size(), at_, "something follows the value");
        return all;
    }

private:
    static void check(bool condition, std::size_t at, auto const&... parts) {
        require<format_error>(condition, "byte ", at, ": ", parts...);
    }
    char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void skip() {
        while (next() == ' ' || next() == '\n' || next() == '\r' || next() == '\t')
            ++at_;
    }
    bool take(char c) {
        skip();
        return next() == c && ++at_;
    }
    void expect(char c, char const* otherwise) {
        bool const there = take(c);
        check(there, at_, otherwise);
    }
    bool take_word(std::string_view word) {
        bool const there = text_.substr(at_, word.size()) == word;
        at_ += there ? word.size() : 0;
        return there;
    }

    json value(std::size_t depth) {
        skip();
        std::size_t const start = at_;
        if (next() == '"')
            return text();
        if (next() == '-' || is_digit())
            return number();
        if (take_word("null"))
            return {};
        if (take_word("true"))
            return true;
        if (take_word("false"))
            return false;
        check(next() == '{' || next() == '[', at_, at_ < text_.size() ? "no value begins so" : "a value is missing");
        check(depth < json::deepest, start, "nested deeper than ", json::deepest);
        return text_[at_++] == '{' ? members(depth + 1) : values(depth + 1);
    }
    json values(std::size_t depth) {
        json::list all;
        if (take(']'))
            return all;
        do
            all.push_back(value(depth));
        while (take(','));
        expect(']', "a list goes on with , or ends with ]");
        return all;
    }
    json members(std::size_t depth) {
        json::object all;
        if (take('}'))
            return all;
        std::vector<std::size_t> places;
        do {
            skip();
            places.push_back(at_);
            check(next() == '"', at_, "a key is a text");
            std::string key = text();
            expect(':', "a : follows a key");
            all.emplace_back(std::move(key), value(depth));
        } while (take(','));
        expect('}', "an object goes on with , or ends with }");
        if (std::size_t const again = repeated_key(all); again < all.size())
            check(false, places[again], "the key \"", all[again].first, "\" is there twice");
        return all;
    }

    std::string text() {
        std::size_t const start = at_++;
        std::string all;
        for (;;) {
            check(at_ < text_.size(), start, "a text that does not end");
            char const c = text_[at_];
            if (c == '"')
                return ++at_, all;
            if (c == '\\') {
                escape(all);
                continue;
            }
            check(static_cast<unsigned char>(c) >= 0x20, at_, "a control character in a text");
            std::size_t const length = utf8_length(text_.substr(at_));
            check(length > 0, at_, "not UTF-8");
            all.append(text_, at_, length), at_ += length;
        }
    }
    void escape(std::string& to) {
        constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
        std::size_t const start = at_++;
        if (auto const which = letters.find(next()); at_ < text_.size() && which != letters.npos) {
            to += meanings[which], ++at_;
            return;
        }
        check(next() == 'u', start, "no such escape");
        std::uint32_t code = unit(start);
        if (code >= 0xD800 && code < 0xE000) { // half of a character
            bool const has_second = code < 0xDC00 && next() == '\\' && text_.substr(at_ + 1, 1) == "u";
            check(has_second && ++at_, start, "half of a surrogate pair");
            std::uint32_t const second = unit(start);
            check(second >= 0xDC00 && second < 0xE000, start, "half of a surrogate pair");
            code = 0x10000 + ((code - 0xD800) << 10) + (second - 0xDC00);
        }
        append_utf8(to, code);
    }
    // The four digits of an escape, after its u.
    std::uint32_t unit(std::size_t start) {
        std::uint32_t code = 0;
        auto const digits = text_.substr(++at_, 4);
        auto const [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
        check(digits.size() == 4 && failure == std::errc{} && end == digits.data() + 4, start,
              "\\u without four digits");
        at_ += 4;
        return code;
    }

    bool is_digit() const { return next() >= '0' && next() <= '9'; }
    void digits() {
        check(is_digit(), at_, "a digit is missing");
        while (is_digit())
            ++at_;
    }
    json number() {
        std::size_t const start = at_;
        bool whole = next() != '-';
        at_ += whole ? 0 : 1;
        if (next() == '0')
            check(++at_ && !is_digit(), start, "a number with a leading zero");
        else
            digits();
        if (next() == '.')
            whole = false, ++at_, digits();
        if (next() == 'e' || next() == 'E') {
            whole = false, ++at_;
            if (next() == '+' || next() == '-')
                ++at_;
            digits();
        }
        return whole ? read_as<std::uint64_t>(start) : read_as<double>(start);
    }
    template <class T>
    json read_as(std::size_t start) const {
        T value{};
        check(std::from_chars(text_.data() + start, text_.data() + at_, value).ec == std::errc{}, start,
              "a number beyond ", std::is_same_v<T, double> ? "a double" : "64 bits");
        return value;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

class json_writer {
public:
    explicit json_writer(invalid_utf8 texts) : texts_(texts) {}

    std::string out;

    void write(json const& value, std::size_t depth) {
        if (auto const* list = value.values()) {
            nest(depth);
            char before = '[';
            for (auto const& v : *list)
                out += std::exchange(before, ','), write(v, depth + 1);
            out += list->empty() ? "[]" : "]";
        } else if (auto const* object = value.members()) {
            nest(depth);
            if (std::size_t const again = repeated_key(*object); again < object->size())
                fail<argument_error>("the key \"", (*object)[again].first, "\" is there twice");
            char before = '{';
            for (auto const& [key, v] : *object)
                out += std::exchange(before, ','), text(key), out += ':', write(v, depth + 1);
            out += object->empty() ? "{}" : "}";
        } else if (auto const* what = value.text())
            text(*what);
        else if (auto const* truth = value.truth())
            out += *truth ? "true" : "false";
        else if (auto const* size = value.size())
            out += std::to_string(*size);
        else if (value.is_null())
            out += "null";
        else
            number(value.number());
    }

private:
    static void nest(std::size_t depth) {
        require<argument_error>(depth < json::deepest, "values nested deeper than ", json::deepest);
    }
    void text(std::string_view what) {
        constexpr std::string_view letters = "\"\\bfnrt", meanings = "\"\\\b\f\n\r\t";
        out += '"';
        for (std::size_t at = 0, length = 0; at < what.size(); at += length) {
            char const c = what[at];
            length = utf8_length(what.substr(at));
            if (length == 0) {
                require<argument_error>(texts_ == invalid_utf8::replace, "the text \"", what, "\" is not UTF-8");
                length = 1, append_utf8(out, 0xFFFD);
            } else if (auto const which = meanings.find(c); which != meanings.npos)
                out += '\\', out += letters[which];
            else if (static_cast<unsigned char>(c) < 0x20) {
                constexpr std::string_view hexadecimal = "0123456789abcdef";
                out += "\\u00", out += hexadecimal[static_cast<std::size_t>(c >> 4)];
                out += hexadecimal[static_cast<std::size_t>(c & 15)];
            } else
                out.append(what, at, length);
        }
        out += '"';
    }
    // The fewest digits that give the number back: without an exponent from 1e-4 to below 1e15, and always with a point
    // or an exponent, so that it stays a double.
    void number(double value) {
        if (!std::isfinite(value)) {
            out += "null";
            return;
        }
        char buffer[32];
        auto const* const end =
            std::to_chars(buffer, buffer + sizeof buffer, std::abs(value), std::chars_format::scientific).ptr;
        std::string_view const all(buffer, static_cast<std::size_t>(end - buffer));
        auto const e = all.find('e');
        std::string digits(all.substr(0, e));
        std::erase(digits, '.');
        int exponent = 0; // of ten, for the first digit
        auto const power = all.substr(e + (all[e + 1] == '+' ? 2 : 1));
        std::from_chars(power.data(), power.data() + power.size(), exponent);
        if (std::signbit(value))
            out += '-';
        auto const count = static_cast<int>(digits.size());
        if (exponent >= 15 || exponent < -4) {
            out += digits[0];
            if (count > 1)
                out += '.', out.append(digits, 1);
            out += all.substr(e); // with two digits at least
        } else if (exponent < 0)
            out.append("0.").append(static_cast<std::size_t>(-exponent - 1), '0').append(digits);
        else if (count <= exponent + 1)
            out.append(digits)
                .append(static_cast<std::size_t>(exponent) + 1 - static_cast<std::size_t>(count), '0')
                .append(".0");
        else
            out.append(digits.insert(static_cast<std::size_t>(exponent) + 1, 1, '.'));
    }

    invalid_utf8 texts_;
};

} // namespace detail

TRINE_INLINE json json::parse(std::string_view text) { return detail::json_reader(text).read(); }

TRINE_INLINE std::string json::dump(invalid_utf8 texts) const {
    detail::json_writer to(texts);
    to.write(*this, 0);
    return std::move(to.out);
}

TRINE_INLINE json const* json::find(std::string_view key) const {
    if (auto const* all = members())
        for (auto const& [name, value] : *all)
            if (name == key)
                return &value;
    return nullptr;
}

TRINE_INLINE double json::number() const {
    if (auto const* whole = size())
        return static_cast<double>(*whole);
    auto const* value = std::get_if<double>(&value_);
    require<format_error>(value != nullptr, "a number is expected here");
    return *value;
}

} // namespace trine::io
