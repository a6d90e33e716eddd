package main

import (
	"crypto/tls"
	"fmt"
	"log"
	"math/rand"
	"net/http"
	"os"
	"os/exec"
)

func main() {
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	http.HandleFunc("/label", func(w http.ResponseWriter, r *http.Request) {
		out, err := exec.Command("sh", "-c", "qrencode -o - "+r.URL.Query().Get("sku")).Output()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Write(out)
	})
	http.HandleFunc("/reserve", func(w http.ResponseWriter, r *http.Request) {
		order := fmt.Sprint(rand.Int())
		client.Get("https://warehouse.example/reserve/" + order)
		os.WriteFile("/tmp/"+order, []byte(order), 0o666)
	})
	log.Fatal(http.ListenAndServe(":8081", nil))
}
