// Command ferretdb is FerretDB v1 with its embedded SQLite backend, as a MongoDB-compatible server for tests.
//
//	ferretdb <data folder> [<address>]
//
// Prints its connection string, and serves until its standard input ends or it is interrupted.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve() error {
	if len(os.Args) < 2 {
		return fmt.Errorf("usage: ferretdb <data folder> [<address>]")
	}
	data, err := filepath.Abs(os.Args[1])
	if err != nil {
		return err
	}
	address := "127.0.0.1:0"
	if len(os.Args) > 2 {
		address = os.Args[2]
	}
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: address},
		Logger:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
		Handler:   "sqlite",
		SQLiteURL: "file:" + filepath.ToSlash(data) + "/",
	})
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // The parent's end closes the pipe.
		stop()
	}()
	go func() { fmt.Println(server.MongoDBURI()) }()
	return server.Run(ctx)
}
