// Asio's own code, for this folder's tests: the tarn binary has it from doors/http.
#include <boost/asio/impl/src.hpp>
