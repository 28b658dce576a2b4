package policy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/smbgw/smbgw/smb2"
)

// constants are the names of the constants of package smb2 that begin with
// prefix: who adds one has to decide what it is.
func constants(t *testing.T, prefix string) []string {
	t.Helper()
	files, err := filepath.Glob("../smb2/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files of package smb2: %v", err)
	}
	var names []string
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, n := range declared(f) {
			if strings.HasPrefix(n, prefix) {
				names = append(names, n)
			}
		}
	}
	return names
}

// declared are the names of a file's constants.
func declared(f *ast.File) (names []string) {
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, s := range g.Specs {
			for _, n := range s.(*ast.ValueSpec).Names {
				names = append(names, n.Name)
			}
		}
	}
	return names
}

// complete says that the table has every constant and nothing else.
func complete[T any](t *testing.T, table map[string]T, names []string) {
	t.Helper()
	known := map[string]bool{}
	for _, n := range names {
		known[n] = true
		if _, ok := table[n]; !ok {
			t.Errorf("%s is not in the table", n)
		}
	}
	for n := range table {
		if !known[n] {
			t.Errorf("package smb2 has no %s", n)
		}
	}
}

// request is an element with the command and a body.
func request(c smb2.Command, body []byte) []byte {
	return append(append([]byte(nil), smb2.NewHeader(c, 1)...), body...)
}

func create(r smb2.CreateRequest, name string, contexts ...smb2.CreateContext) []byte {
	return request(smb2.CommandCreate, r.Append(nil, smb2.AppendUTF16(nil, name), contexts))
}

type known[T any] struct {
	value T
	need  Access
}

func TestCommands(t *testing.T) {
	t.Parallel()
	table := map[string]known[smb2.Command]{
		"CommandNegotiate":      {smb2.CommandNegotiate, None},
		"CommandSessionSetup":   {smb2.CommandSessionSetup, None},
		"CommandLogoff":         {smb2.CommandLogoff, None},
		"CommandTreeConnect":    {smb2.CommandTreeConnect, None},
		"CommandTreeDisconnect": {smb2.CommandTreeDisconnect, None},
		"CommandCreate":         {smb2.CommandCreate, ReadWrite}, // without a body
		"CommandClose":          {smb2.CommandClose, None},
		"CommandFlush":          {smb2.CommandFlush, ReadOnly},
		"CommandRead":           {smb2.CommandRead, ReadOnly},
		"CommandWrite":          {smb2.CommandWrite, ReadWrite},
		"CommandLock":           {smb2.CommandLock, ReadOnly},
		"CommandIoctl":          {smb2.CommandIoctl, ReadWrite}, // without a body
		"CommandCancel":         {smb2.CommandCancel, None},
		"CommandEcho":           {smb2.CommandEcho, None},
		"CommandQueryDirectory": {smb2.CommandQueryDirectory, List},
		"CommandChangeNotify":   {smb2.CommandChangeNotify, List},
		"CommandQueryInfo":      {smb2.CommandQueryInfo, List},
		"CommandSetInfo":        {smb2.CommandSetInfo, ReadWrite}, // without a body
		"CommandOplockBreak":    {smb2.CommandOplockBreak, None},
		"CommandServerToClient": {smb2.CommandServerToClient, ReadWrite}, // no client sends it
	}
	complete(t, table, constants(t, "Command"))
	for name, c := range table {
		if got := Classify(request(c.value, nil), false).Access; got != c.need {
			t.Errorf("%s needs %v, want %v", name, got, c.need)
		}
		if got := Classify(request(c.value, nil), true); got.Access != min(c.need, ReadOnly) || (got.Class&ClassPipe != 0) != (c.need != None) {
			t.Errorf("%s of a pipe: %v", name, got)
		}
	}
	if got := Classify(request(0x14, nil), false).Access; got != ReadWrite {
		t.Errorf("an unknown command needs %v", got)
	}
	if got := Classify([]byte("no message"), false).Access; got != ReadWrite {
		t.Errorf("what is no message needs %v", got)
	}
}

func TestDispositions(t *testing.T) {
	t.Parallel()
	table := map[string]known[smb2.Disposition]{
		"DispositionSupersede":   {smb2.DispositionSupersede, ReadWrite},
		"DispositionOpen":        {smb2.DispositionOpen, ReadOnly},
		"DispositionCreate":      {smb2.DispositionCreate, ReadWrite},
		"DispositionOpenIf":      {smb2.DispositionOpenIf, ReadWrite},
		"DispositionOverwrite":   {smb2.DispositionOverwrite, ReadWrite},
		"DispositionOverwriteIf": {smb2.DispositionOverwriteIf, ReadWrite},
	}
	complete(t, table, constants(t, "Disposition"))
	table["an unknown one"] = known[smb2.Disposition]{6, ReadWrite}
	for name, c := range table {
		r := smb2.CreateRequest{Disposition: c.value, Access: smb2.AccessReadData}
		if got := Classify(create(r, "x"), false).Access; got != c.need {
			t.Errorf("%s needs %v, want %v", name, got, c.need)
		}
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	table := map[string]known[smb2.CreateOptions]{
		"OptionDirectory":        {smb2.OptionDirectory, List},
		"OptionWriteThrough":     {smb2.OptionWriteThrough, ReadOnly},
		"OptionSequentialOnly":   {smb2.OptionSequentialOnly, ReadOnly},
		"OptionNoBuffering":      {smb2.OptionNoBuffering, ReadOnly},
		"OptionSyncAlert":        {smb2.OptionSyncAlert, ReadOnly},
		"OptionSyncNonAlert":     {smb2.OptionSyncNonAlert, ReadOnly},
		"OptionNonDirectory":     {smb2.OptionNonDirectory, ReadOnly},
		"OptionCompleteIfLocked": {smb2.OptionCompleteIfLocked, ReadOnly},
		"OptionNoEAKnowledge":    {smb2.OptionNoEAKnowledge, ReadOnly},
		"OptionRandomAccess":     {smb2.OptionRandomAccess, ReadOnly},
		"OptionDeleteOnClose":    {smb2.OptionDeleteOnClose, ReadWrite},
		"OptionOpenByFileID":     {smb2.OptionOpenByFileID, ReadOnly},
		"OptionBackupIntent":     {smb2.OptionBackupIntent, ReadOnly},
		"OptionNoCompression":    {smb2.OptionNoCompression, ReadOnly},
		"OptionRequireOplock":    {smb2.OptionRequireOplock, ReadOnly},
		"OptionReserveOpfilter":  {smb2.OptionReserveOpfilter, ReadOnly},
		"OptionReparsePoint":     {smb2.OptionReparsePoint, ReadOnly},
		"OptionNoRecall":         {smb2.OptionNoRecall, ReadOnly},
		"OptionFreeSpaceQuery":   {smb2.OptionFreeSpaceQuery, ReadOnly},
	}
	complete(t, table, constants(t, "Option"))
	for bit := range 32 {
		var all smb2.CreateOptions
		for _, c := range table {
			all |= c.value
		}
		if o := smb2.CreateOptions(1) << bit; (all|optionsIgnored)&o == 0 {
			table[o2s(o)] = known[smb2.CreateOptions]{o, ReadWrite}
		}
	}
	for name, c := range table {
		r := smb2.CreateRequest{Disposition: smb2.DispositionOpen, Access: smb2.AccessReadData, Options: c.value}
		got := Classify(create(r, "x"), false)
		if got.Access != c.need || got.Unnamed != (name == "OptionOpenByFileID") {
			t.Errorf("%s: %v, want %v", name, got, c.need)
		}
	}
}

func o2s(o smb2.CreateOptions) string { return "the option " + smb2.FSCTL(o).String() }

func TestDesiredAccess(t *testing.T) {
	t.Parallel()
	table := map[string]known[smb2.Access]{
		"AccessReadData":        {smb2.AccessReadData, ReadOnly},
		"AccessWriteData":       {smb2.AccessWriteData, ReadWrite},
		"AccessAppendData":      {smb2.AccessAppendData, ReadWrite},
		"AccessReadEA":          {smb2.AccessReadEA, List},
		"AccessWriteEA":         {smb2.AccessWriteEA, ReadWrite},
		"AccessExecute":         {smb2.AccessExecute, ReadOnly},
		"AccessDeleteChild":     {smb2.AccessDeleteChild, ReadWrite},
		"AccessReadAttributes":  {smb2.AccessReadAttributes, List},
		"AccessWriteAttributes": {smb2.AccessWriteAttributes, ReadWrite},
		"AccessDelete":          {smb2.AccessDelete, ReadWrite},
		"AccessReadControl":     {smb2.AccessReadControl, List},
		"AccessWriteDAC":        {smb2.AccessWriteDAC, ReadWrite},
		"AccessWriteOwner":      {smb2.AccessWriteOwner, ReadWrite},
		"AccessSynchronize":     {smb2.AccessSynchronize, List},
		"AccessSystemSecurity":  {smb2.AccessSystemSecurity, ReadWrite},
		"AccessMaximumAllowed":  {smb2.AccessMaximumAllowed, List},
		"AccessGenericAll":      {smb2.AccessGenericAll, ReadWrite},
		"AccessGenericExecute":  {smb2.AccessGenericExecute, ReadOnly},
		"AccessGenericWrite":    {smb2.AccessGenericWrite, ReadWrite},
		"AccessGenericRead":     {smb2.AccessGenericRead, ReadOnly},
	}
	complete(t, table, constants(t, "Access"))
	var all smb2.Access
	for _, c := range table {
		all |= c.value
	}
	for bit := range 32 {
		if a := smb2.Access(1) << bit; all&a == 0 {
			table["the unknown "+smb2.FSCTL(a).String()] = known[smb2.Access]{a, ReadWrite}
		}
	}
	for name, c := range table {
		r := smb2.CreateRequest{Disposition: smb2.DispositionOpen, Access: c.value | smb2.AccessSynchronize}
		if got := Classify(create(r, "x"), false).Access; got != c.need {
			t.Errorf("%s needs %v, want %v", name, got, c.need)
		}
	}
}

func TestCreateContexts(t *testing.T) {
	t.Parallel()
	table := map[string]known[string]{ // all are for reading; the class is in classes
		"TagEA": {smb2.TagEA, ReadOnly}, "TagSecurity": {smb2.TagSecurity, ReadOnly},
		"TagDurable": {smb2.TagDurable, ReadOnly}, "TagDurableReconn": {smb2.TagDurableReconn, ReadOnly},
		"TagDurableV2": {smb2.TagDurableV2, ReadOnly}, "TagDurableReconnV2": {smb2.TagDurableReconnV2, ReadOnly},
		"TagAllocationSize": {smb2.TagAllocationSize, ReadOnly}, "TagMaximalAccess": {smb2.TagMaximalAccess, ReadOnly},
		"TagTimewarp": {smb2.TagTimewarp, ReadOnly}, "TagDiskID": {smb2.TagDiskID, ReadOnly},
		"TagLease": {smb2.TagLease, ReadOnly}, "TagApple": {smb2.TagApple, ReadOnly},
		"TagAppInstanceID": {smb2.TagAppInstanceID, ReadOnly}, "TagAppInstanceVersion": {smb2.TagAppInstanceVersion, ReadOnly},
		"TagSVHDX": {smb2.TagSVHDX, ReadOnly}, "TagPOSIX": {smb2.TagPOSIX, ReadOnly},
	}
	complete(t, table, constants(t, "Tag"))
	classes := map[string]Class{smb2.TagSecurity: ClassSecurity, smb2.TagTimewarp: ClassSnapshot}
	unnamed := map[string]bool{smb2.TagDurableReconn: true, smb2.TagDurableReconnV2: true}
	r := smb2.CreateRequest{Disposition: smb2.DispositionOpen, Access: smb2.AccessReadData}
	for name, c := range table {
		x := smb2.CreateContext{Tag: []byte(c.value), Data: make([]byte, 16)}
		got := Classify(create(r, "x", x), false)
		if want := (Action{Access: c.need, Class: classes[c.value], Unnamed: unnamed[c.value]}); got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
	if got := Classify(create(r, `a\@GMT-2026.01.01-00.00.00\b`), false); got.Class != ClassSnapshot {
		t.Errorf("a path in a snapshot is %v", got)
	}
	b := create(r, "x", smb2.CreateContext{Tag: []byte(smb2.TagLease)})
	if got := Classify(b[:len(b)-1], false); got.Access != ReadWrite || !got.Unnamed {
		t.Errorf("a list of contexts that is cut is %+v", got)
	}
}

func TestInfoClasses(t *testing.T) {
	t.Parallel()
	open := []smb2.FileClass{smb2.FilePositionInfo, smb2.FileModeInfo, smb2.FilePipeInfo}
	for info := range 256 {
		for class := range 256 {
			r := smb2.SetInfoRequest{InfoType: smb2.InfoType(info), Class: smb2.FileClass(class)}
			want := Action{Access: ReadWrite}
			if r.InfoType == smb2.InfoSecurity {
				want.Class = ClassSecurity
			}
			for _, c := range open {
				if r.InfoType == smb2.InfoFile && r.Class == c {
					want.Access = ReadOnly
				}
			}
			if got := Classify(request(smb2.CommandSetInfo, r.Append(nil, nil)), false); got != want {
				t.Errorf("SET_INFO of %v, %v: %v, want %v", r.InfoType, r.Class, got, want)
			}
		}
	}
}

func TestFSCTLs(t *testing.T) {
	t.Parallel()
	table := map[string]known[smb2.FSCTL]{
		"FsctlDFSGetReferrals":           {smb2.FsctlDFSGetReferrals, List},
		"FsctlDFSGetReferralsEx":         {smb2.FsctlDFSGetReferralsEx, List},
		"FsctlGetRetrievalPointers":      {smb2.FsctlGetRetrievalPointers, List},
		"FsctlGetObjectID":               {smb2.FsctlGetObjectID, List},
		"FsctlSetReparsePoint":           {smb2.FsctlSetReparsePoint, ReadWrite},
		"FsctlGetReparsePoint":           {smb2.FsctlGetReparsePoint, List},
		"FsctlDeleteReparsePoint":        {smb2.FsctlDeleteReparsePoint, ReadWrite},
		"FsctlCreateOrGetObjectID":       {smb2.FsctlCreateOrGetObjectID, ReadWrite},
		"FsctlSetSparse":                 {smb2.FsctlSetSparse, ReadWrite},
		"FsctlMarkHandle":                {smb2.FsctlMarkHandle, ReadWrite},
		"FsctlGetCompression":            {smb2.FsctlGetCompression, List},
		"FsctlSetCompression":            {smb2.FsctlSetCompression, ReadWrite},
		"FsctlQueryAllocatedRanges":      {smb2.FsctlQueryAllocatedRanges, List},
		"FsctlOffloadRead":               {smb2.FsctlOffloadRead, ReadOnly},
		"FsctlSetZeroData":               {smb2.FsctlSetZeroData, ReadWrite},
		"FsctlFileLevelTrim":             {smb2.FsctlFileLevelTrim, ReadWrite},
		"FsctlOffloadWrite":              {smb2.FsctlOffloadWrite, ReadWrite},
		"FsctlDuplicateExtents":          {smb2.FsctlDuplicateExtents, ReadWrite},
		"FsctlDuplicateExtentsEx":        {smb2.FsctlDuplicateExtentsEx, ReadWrite},
		"FsctlGetIntegrityInformation":   {smb2.FsctlGetIntegrityInformation, List},
		"FsctlQueryFileRegions":          {smb2.FsctlQueryFileRegions, List},
		"FsctlSVHDXSync":                 {smb2.FsctlSVHDXSync, ReadWrite},
		"FsctlSVHDXAsync":                {smb2.FsctlSVHDXAsync, ReadWrite},
		"FsctlQuerySharedVHDSupport":     {smb2.FsctlQuerySharedVHDSupport, List},
		"FsctlSetIntegrityInformationEx": {smb2.FsctlSetIntegrityInformationEx, ReadWrite},
		"FsctlSetIntegrityInformation":   {smb2.FsctlSetIntegrityInformation, ReadWrite},
		"FsctlPipeWait":                  {smb2.FsctlPipeWait, ReadOnly},
		"FsctlPipePeek":                  {smb2.FsctlPipePeek, ReadOnly},
		"FsctlPipeTransceive":            {smb2.FsctlPipeTransceive, ReadOnly},
		"FsctlRequestResumeKey":          {smb2.FsctlRequestResumeKey, ReadOnly},
		"FsctlLMRSetLinkTracking":        {smb2.FsctlLMRSetLinkTracking, ReadWrite},
		"FsctlLMRRequestResiliency":      {smb2.FsctlLMRRequestResiliency, ReadOnly},
		"FsctlQueryNetworkInterfaceInfo": {smb2.FsctlQueryNetworkInterfaceInfo, None},
		"FsctlValidateNegotiateInfo":     {smb2.FsctlValidateNegotiateInfo, None},
		"FsctlEnumerateSnapshots":        {smb2.FsctlEnumerateSnapshots, List},
		"FsctlCopyChunk":                 {smb2.FsctlCopyChunk, ReadWrite},
		"FsctlReadHash":                  {smb2.FsctlReadHash, ReadOnly},
		"FsctlCopyChunkWrite":            {smb2.FsctlCopyChunkWrite, ReadWrite},
	}
	complete(t, table, constants(t, "Fsctl"))
	table["an unknown one"] = known[smb2.FSCTL]{0x12345678, ReadWrite}
	for name, c := range table {
		r := smb2.IoctlRequest{Code: c.value, Flags: smb2.IoctlIsFSCTL}
		got := Classify(request(smb2.CommandIoctl, r.Append(nil, nil)), false)
		want := Action{Access: c.need, Class: ClassFSCTL, FSCTL: c.value}
		switch {
		case strings.HasPrefix(name, "FsctlPipe"):
			want.Class = ClassPipe
		case c.value == smb2.FsctlEnumerateSnapshots:
			want.Class |= ClassSnapshot
		case c.need == None:
			want.Class = 0
		}
		if got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestClassifyAllocations(t *testing.T) {
	b := create(smb2.CreateRequest{Disposition: smb2.DispositionOpen}, "x", smb2.CreateContext{Tag: []byte(smb2.TagLease), Data: make([]byte, 32)})
	write := request(smb2.CommandWrite, nil)
	if n := testing.AllocsPerRun(10, func() { Classify(b, false); Classify(write, false) }); n != 0 {
		t.Errorf("a look allocates %v times", n)
	}
}

func FuzzClassify(f *testing.F) {
	f.Add(create(smb2.CreateRequest{Disposition: smb2.DispositionOpen}, "x", smb2.CreateContext{Tag: []byte(smb2.TagTimewarp)}), true)
	f.Add(request(smb2.CommandIoctl, (&smb2.IoctlRequest{Code: smb2.FsctlCopyChunk}).Append(nil, nil)), false)
	f.Fuzz(func(t *testing.T, b []byte, pipes bool) {
		a := Classify(b, pipes)
		if cut := Classify(b[:len(b)/2], pipes); cut.Access < a.Access && len(b)/2 < smb2.HeaderSize {
			t.Errorf("what is cut needs %v, the whole %v", cut, a)
		}
		if pipes && a.Access == ReadWrite && len(b) >= smb2.HeaderSize {
			if _, err := smb2.ParseHeader(b); err == nil {
				t.Errorf("on a pipe: %v", a)
			}
		}
	})
}
