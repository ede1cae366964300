// Sends requests with libcurl, as an example of a transport. Link with -lcurl. An engine's own HTTP module will do as well.

#pragma once

#include <curl/curl.h>

#include <memory>
#include <mutex>
#include <string>

#include "windows_push.hpp"

namespace windows_push {

class CurlTransport : public Transport {
public:
    CurlTransport() {
        static std::once_flag once;
        std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
        curl_.reset(curl_easy_init());
    }

    PushResponse send(const PushRequest& request) override {
        PushResponse response;
        CURL* const curl = curl_.get();
        if (curl == nullptr) {
            return response;
        }
        curl_easy_reset(curl);  // keeps the connection
        std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(nullptr, curl_slist_free_all);
        const auto add = [&](const std::string& header) {
            curl_slist* const longer = curl_slist_append(headers.get(), header.c_str());
            if (longer != nullptr) {
                (void)headers.release();
                headers.reset(longer);
            }
        };
        add("Authorization: Bearer " + request.token);
        curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
        if (!request.body.empty()) {
            add("Content-Type: application/json");
            curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
            curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.c_str());
        }
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
        curl_easy_setopt(curl, CURLOPT_TIMEOUT, 15L);
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
        // A redirect would take the token to another host.
        curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &CurlTransport::append);
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, &response.body);
        curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &CurlTransport::header);
        curl_easy_setopt(curl, CURLOPT_HEADERDATA, &response.retry_after);
        if (curl_easy_perform(curl) != CURLE_OK) {
            return {};
        }
        long status = 0;
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        response.status = static_cast<int>(status);
        return response;
    }

private:
    static std::size_t append(char* data, std::size_t size, std::size_t count, void* text) {
        static_cast<std::string*>(text)->append(data, size * count);
        return size * count;
    }

    static std::size_t header(char* data, std::size_t size, std::size_t count, void* retry_after) {
        static const std::string name = "retry-after:";
        const std::string line(data, size * count);
        if (line.size() > name.size()) {
            std::string start = line.substr(0, name.size());
            for (char& each : start) {
                each = each >= 'A' && each <= 'Z' ? static_cast<char>(each + 32) : each;
            }
            const std::size_t from = line.find_first_not_of(" \t", name.size());
            const std::size_t to = line.find_last_not_of(" \t\r\n");
            if (start == name && from != std::string::npos && to >= from) {
                *static_cast<std::string*>(retry_after) = line.substr(from, to - from + 1);
            }
        }
        return size * count;
    }

    std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl_{nullptr, curl_easy_cleanup};
};

}  // namespace windows_push
