package rooted

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// Options are what Connect makes a Server of.
type Options struct {
	// Path is the directory, with / or \ between its components: CheckPath.
	Path string

	Arena *transports.Arena // for requests to the server and for replies
	Log   *slog.Logger
}

// CheckPath says whether a path is one below a share.
func CheckPath(path string) bool {
	name := wire(path)
	return len(name) > 0 && len(name) <= maxName/2 && check(name) == 0 && unit(name, len(name)/2-1) != separator &&
		!bytes.Contains(name, []byte{colon, 0})
}

// wire is the path as names of the wire are.
func wire(path string) []byte {
	name := []rune(path)
	for i, r := range name {
		if r == '/' {
			name[i] = separator
		}
	}
	return smb2.AppendUTF16(nil, string(name))
}

// Connect makes the share of the directory, of the whole share. The server is
// asked what the directory is called in truth. When there is none, or the server
// has no word for that, the share is closed, also when ctx ends.
func Connect(ctx context.Context, share *tree.Share, o Options) (*tree.Share, error) {
	shut := sync.OnceFunc(share.Server.Close)
	stop := context.AfterFunc(ctx, shut)
	s, err := newServer(share, o)
	if !stop() {
		err = context.Cause(ctx)
	}
	if err != nil {
		shut()
		return nil, fmt.Errorf("directory %q of the share: %w", o.Path, err)
	}
	below := *share
	below.Server = s
	return &below, nil
}

func newServer(share *tree.Share, o Options) (*Server, error) {
	if share.Type != smb2.ShareDisk || !CheckPath(o.Path) {
		return nil, smb2.StatusBadNetworkName
	}
	s := &Server{
		inner: share.Server, root: wire(o.Path), replies: tree.Replies{Arena: o.Arena}, log: o.Log,
		proxies: make(map[*tree.Request]*proxy), roots: make(map[smb2.FileID]bool),
	}
	// A server may know but one of the two. The first needs no rights.
	for _, class := range []smb2.FileClass{smb2.FileNormalizedNameInfo, smb2.FileAllInfo} {
		name, status := s.ofRoot(class)
		if status != 0 {
			return nil, status
		}
		if len(name) > 0 {
			s.real, s.class = name, class
			return s, nil
		}
	}
	return nil, fmt.Errorf("the server does not say what an open file is called: %w", smb2.StatusBadNetworkName)
}

// ofRoot is what the server calls the directory by a class, if it is one.
func (s *Server) ofRoot(class smb2.FileClass) (name prefix, status smb2.Status) {
	list := s.look(s.root, class, smb2.OptionDirectory)
	defer release(list)
	opened := list[0].reply.Bytes()
	switch st := smb2.Header(opened).Status(); st {
	case smb2.StatusSuccess:
	case smb2.StatusAccessDenied, smb2.StatusNetworkNameDeleted:
		return nil, st
	default:
		return nil, smb2.StatusBadNetworkName
	}
	reported, ok := called(list[1].reply, class)
	if !ok || len(reported) == 0 || unit(reported, 0) == separator {
		return nil, 0
	}
	return bytes.Clone(reported), 0
}
