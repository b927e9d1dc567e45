#include <trine/evaluation/retrieval.hpp>
int main() {}
