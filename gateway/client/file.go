package client

import (
	"errors"
	"fmt"
	"io"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A File is an open.
type File struct {
	ID   smb2.FileID
	Size int64 // when it was opened

	share *Share
	read  smb2.Header // of all its requests, which package back completes
	write smb2.Header
}

const (
	readAccess  = smb2.AccessReadData | smb2.AccessReadAttributes | smb2.AccessReadControl | smb2.AccessSynchronize
	writeAccess = smb2.AccessWriteData | smb2.AccessAppendData | smb2.AccessWriteAttributes
	allSharing  = smb2.ShareAccessRead | smb2.ShareAccessWrite | smb2.ShareAccessDelete
)

// Open opens a file to read it.
func (s *Share) Open(name string) (*File, error) {
	return s.OpenAs(name, smb2.CreateRequest{Access: readAccess, Share: allSharing, Disposition: smb2.DispositionOpen})
}

// Create opens a file to read and write it, empty.
func (s *Share) Create(name string) (*File, error) {
	return s.OpenAs(name, smb2.CreateRequest{
		Access: readAccess | writeAccess, Share: allSharing, Disposition: smb2.DispositionOverwriteIf,
		Attributes: smb2.AttributeNormal, Options: smb2.OptionNonDirectory,
	})
}

// OpenAs opens a file as r wants it. Names have backslashes between their parts.
func (s *Share) OpenAs(name string, r smb2.CreateRequest) (*File, error) {
	if r.Impersonation == 0 {
		r.Impersonation = smb2.ImpersonateImpersonation
	}
	wire := smb2.AppendUTF16(nil, name)
	m, err := s.Do(smb2.CommandCreate, func(b []byte) []byte { return r.Append(b, wire, nil) })
	if err != nil {
		return nil, err
	}
	defer m.Release()
	c, err := smb2.ParseCreateResponse(m.Bytes())
	if err != nil {
		return nil, err
	}
	return s.file(c.FileID, int64(c.EndOfFile)), nil
}

// file is an open by its id.
func (s *Share) file(id smb2.FileID, size int64) *File {
	return &File{
		ID: id, Size: size, share: s,
		read:  smb2.NewHeader(smb2.CommandRead, 0),
		write: smb2.NewHeader(smb2.CommandWrite, 0),
	}
}

// Close closes the open.
func (f *File) Close() error {
	r := smb2.CloseRequest{FileID: f.ID}
	m, err := f.share.Do(smb2.CommandClose, r.AppendBody)
	if err != nil {
		return err
	}
	m.Release()
	return nil
}

var (
	_ io.ReaderAt = (*File)(nil)
	_ io.WriterAt = (*File)(nil)
)

// ReadAt reads len(b) bytes at off, or up to the file's end.
func (f *File) ReadAt(b []byte, off int64) (n int, err error) {
	k := &call{done: make(chan *call, 1)}
	for n < len(b) {
		k.off, k.n = off+int64(n), min(len(b)-n, int(f.share.Unit))
		f.sendRead(k)
		data, m, err := f.data(<-k.done)
		if errors.Is(err, smb2.StatusEndOfFile) {
			return n, io.EOF
		}
		if err != nil {
			return n, err
		}
		got := copy(b[n:], data)
		m.Release()
		if n += got; got == 0 {
			return n, io.EOF
		}
	}
	return n, nil
}

// WriteAt writes b at off.
func (f *File) WriteAt(b []byte, off int64) (n int, err error) {
	k := &call{done: make(chan *call, 1)}
	for n < len(b) {
		k.off, k.n = off+int64(n), min(len(b)-n, int(f.share.Unit))
		f.sendWrite(k, func(into []byte, _ int64) { copy(into, b[n:]) })
		if err := f.written(<-k.done); err != nil {
			return n, err
		}
		n += k.n
	}
	return n, nil
}

// sendRead asks for k.n bytes at k.off.
func (f *File) sendRead(k *call) {
	// One byte of the variable part is there even when it is empty, [MS-SMB2]
	// 2.2.19.
	k.take(f.share.client.arena, smb2.ReadRequestBuffer+1)
	r := smb2.ReadRequest{Length: uint32(k.n), Offset: uint64(k.off), FileID: f.ID}
	b := r.AppendBody(append(k.request.Element[:0], f.read...))
	k.request.Element[len(b)] = 0
	f.share.send(k)
}

// data is what a READ was answered with, in a message that the caller releases.
func (f *File) data(k *call) ([]byte, *transports.Message, error) {
	m, err := k.result()
	if err != nil {
		return nil, nil, err
	}
	r, err := smb2.ParseReadResponse(m.Bytes())
	var data []byte
	if err == nil {
		data, err = r.Data(m.Bytes())
	}
	if err != nil {
		m.Release()
		return nil, nil, err
	}
	return data, m, nil
}

// sendWrite sends k.n bytes for k.off, which fill makes.
func (f *File) sendWrite(k *call, fill func(b []byte, off int64)) {
	k.take(f.share.client.arena, smb2.WriteRequestBuffer+k.n)
	w := smb2.WriteRequest{
		DataOffset: smb2.WriteRequestBuffer, Length: uint32(k.n), Offset: uint64(k.off), FileID: f.ID,
	}
	b := w.AppendBody(append(k.request.Element[:0], f.write...))
	fill(k.request.Element[len(b):], k.off)
	f.share.send(k)
}

// written says whether all of a WRITE was done.
func (f *File) written(k *call) error {
	m, err := k.result()
	if err != nil {
		return err
	}
	defer m.Release()
	w, err := smb2.ParseWriteResponse(m.Bytes())
	if err == nil && int64(w.Count) != int64(k.n) {
		err = fmt.Errorf("at %d: %d bytes of %d were written", k.off, w.Count, k.n)
	}
	return err
}
