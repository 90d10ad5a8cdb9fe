// Asio's and Beast's separate compilation: their code, once in the binary (see cmake/compiler.cmake).
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
