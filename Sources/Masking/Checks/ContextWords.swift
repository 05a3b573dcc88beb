/// The words that `Context` looks for.
///
/// Flat memory, made once: this is read for every number.
struct ContextWords: @unchecked Sendable {
    // Unchecked: pointers into memory that `init` filled, and that is never written again or freed.
    private struct Word {
        /// Where it stands among the bytes of all words.
        var start: Int32
        var count: UInt8
        /// Longer words that begin so count too.
        var isPrefix: Bool
        var topics: UInt32
    }

    static let shared = ContextWords()

    private let bytes: UnsafePointer<UInt8>
    /// Sorted by their bytes.
    private let words: UnsafePointer<Word>
    /// By folded first byte, where its words begin in `words`; 257 of them.
    private let starts: UnsafePointer<Int32>
    /// By folded first byte, a bit for each second byte modulo 64 that a word has.
    private let seconds: UnsafePointer<UInt64>

    private init() {
        var topics: [[UInt8]: (topics: UInt32, isPrefix: Bool)] = [:]
        for (topic, text) in Self.lists {
            for written in text.split(separator: ",") {
                var bytes = Array(written.utf8.drop { $0 == 0x20 || $0 == 0x0A })
                let isPrefix = bytes.last == UInt8(ascii: "*")
                if isPrefix { bytes.removeLast() }
                guard !bytes.isEmpty else { continue }
                topics[bytes, default: (0, isPrefix)].topics |= 1 << UInt32(topic.rawValue)
            }
        }
        let sorted = topics.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        let total = sorted.reduce(0) { $0 + $1.key.count }
        let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, total))
        let words = UnsafeMutablePointer<Word>.allocate(capacity: max(1, sorted.count))
        let starts = UnsafeMutablePointer<Int32>.allocate(capacity: 257)
        let seconds = UnsafeMutablePointer<UInt64>.allocate(capacity: 256)
        starts.initialize(repeating: 0, count: 257)
        seconds.initialize(repeating: 0, count: 256)
        var place = 0
        for (index, one) in sorted.enumerated() {
            (bytes + place).initialize(from: one.key, count: one.key.count)
            let word = Word(
                start: Int32(place), count: UInt8(clamping: one.key.count), isPrefix: one.value.isPrefix,
                topics: one.value.topics)
            (words + index).initialize(to: word)
            place += one.key.count
            let first = Int(one.key[0])
            starts[first + 1] += 1
            if one.key.count > 1 {
                seconds[first] |= Self.bit(one.key[1])
                // A blank also stands for what joins the words of a name.
                if one.key[1] == 0x20 { seconds[first] |= Self.bit(0x5F) | Self.bit(0x2D) }
            } else {
                seconds[first] = .max
            }
        }
        for first in 0..<256 { starts[first + 1] += starts[first] }
        self.bytes = UnsafePointer(bytes)
        self.words = UnsafePointer(words)
        self.starts = UnsafePointer(starts)
        self.seconds = UnsafePointer(seconds)
    }

    @inline(__always) private static func bit(_ byte: UInt8) -> UInt64 { 1 << UInt64(byte & 63) }

    /// Calls `body` with the topics of every word at `place` that ends in front of `end`.
    @inline(__always)
    func find(at place: Int, before end: Int, _ base: UnsafePointer<UInt8>, _ body: (UInt32) -> Void) {
        let first = Int(base[place].folded)
        let second = place &+ 1 < end ? base[place &+ 1].folded : 0
        guard seconds[first] & Self.bit(second) != 0 else { return }
        var index = Int(starts[first])
        let last = Int(starts[first &+ 1])
        while index < last {
            let word = words[index]
            if word.count < 2 || bytes[Int(word.start) &+ 1] == second || bytes[Int(word.start) &+ 1] == 0x20,
                matches(word, at: place, before: end, base)
            {
                body(word.topics)
            }
            index &+= 1
        }
    }

    private func matches(_ word: Word, at start: Int, before end: Int, _ base: UnsafePointer<UInt8>) -> Bool {
        let length = Int(word.count)
        let expectedBytes = bytes + Int(word.start)
        var offset = 1
        var place = start + 1
        while offset < length {
            guard place < end else { return false }
            let expected = expectedBytes[offset]
            let byte = base[place]
            offset += 1
            if byte.folded != expected {
                guard expected == 0x20 else { return false }
                // `dateOfBirth`: nothing stands between the words.
                if byte.isUpper, base[place - 1].isLower { continue }
                // `date of birth`, `date_of_birth`, `date-of-birth`.
                guard byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") else { return false }
            }
            place += 1
        }
        if word.isPrefix || place == end { return true }
        let last = base[place - 1]
        var next = base[place]
        // The plural; `was` is none.
        if next.folded == UInt8(ascii: "s"), length > 2, place + 1 < end { next = base[place + 1] }
        return !next.isLetter || !last.isLetter || last.isLower && next.isUpper
    }

    /// Lower case; `*` for words that go on; a blank also stands for `_`, `-` and the next word's capital.
    private static let lists: [(Context.Topic, String)] = [
        (
            .phone,
            """
            phone*,telephone*,tel,tele,telefon*,teléfono*,téléphone*,telefoon*,telefono*,mobile*,mobil,mobiel*,móvil,\
            cell,cellphone*,cellular*,cellulare*,celular*,portable,handy,handynummer,rufnummer,festnetz,fax,call*,dial*,\
            ring,text me,sms,whatsapp,wa,signal,voicemail,hotline,helpline,landline,reach,reached,reachable,contact*,\
            anruf*,rufen,erreichbar,appelez,appeler,joindre,llame*,llamar,chiama*,ligue*,bellen,puhelin*,\
            phone_number,phonenumber,msisdn,callback,ph,mob,whats,dm me,ext,extension,\
            電話,电话,手机,手機,携帯,連絡先,전화,휴대폰,연락처,тел,Тел,телефон*,Телефон*,моб,позвон*,звон*,\
            फ़ोन,फोन,मोबाइल,هاتف,جوال,اتصل,رقمي,טלפון,τηλέφωνο,τηλ,โทร,điện thoại
            """
        ),
        (
            .ssn,
            """
            ssn,ssns,social security*,social sec*,socialsecurity*,soc sec,ss#,ss number,ss no,us_ssn,taxpayer*,tin,\
            tax id*,seguro social,last four of social
            """
        ),
        (.nino, "nino,ni number,ni no,national insurance*,nationalinsurance*,insurance number,ni"),
        (.nhs, "nhs*,national health*,health service,patient*,chi number"),
        (
            .deTax,
            """
            steuer*,tin,tax id*,tax number*,taxid*,idnr,id nr,steuerid,tax identification*,idnummer,identifikationsnummer*,\
            finanzamt*
            """
        ),
        (.nir, "nir,insee*,sécurité sociale,securite sociale,sécu,secu,numéro de sécu*,n° sécu*,carte vitale,assuré*"),
        (.nif, "nif,dni,nie,documento,identidad,d.n.i,n.i.f,n.i.e"),
        (.codice, "codice fiscale,codicefiscale*,cod fisc*,c.f,cf,fiscal code"),
        (.aadhaar, "aadhaar*,aadhar*,adhaar*,uidai*,uid,आधार,ஆதார்,ఆధార్,আধার"),
        (.pan, "pan,permanent account*,income tax*,पैन"),
        (.cpf, "cpf,cadastro de pessoas*,pessoa física,receita"),
        (.tfn, "tfn,tax file*,taxfile*,ato"),
        (.sin, "sin,social insurance*,nas,assurance sociale,n.a.s"),
        (
            .passport,
            """
            passport*,passeport*,pasaporte*,passaporto*,passaporte*,reisepass*,paspoort*,pass nr,passnummer,pass no,\
            travel document*,paszport*,паспорт*,护照,護照,パスポート,旅券,여권,पासपोर्ट
            """
        ),
        (
            .birth,
            """
            born,birth*,dob,d.o.b,date of birth,dateofbirth,birthday*,birthdate*,bday,geboren*,geburts*,geb,né,née,né(e,\
            naissance,nacimiento,nacid*,nascita,nato,nata,nascimento,nascid*,geboortedatum,geboorte*,fødselsdato,født*,\
            födelsedatum,född*,urodzeni*,urodzon*,ur,doğum*,narození,syntymäaika*,születés*,生年月日,出生*,生日,誕生日,\
            생년월일,생일,рождени*,Рождени*,родил*,Родил*,जन्म,ميلاد,תאריך לידה,γέννηση*,วันเกิด,ngày sinh,fecha nac
            """
        ),
        (
            .card,
            """
            card*,credit*,debit*,visa,mastercard*,amex,american express,discover,diners,maestro,karte*,kreditkarte*,\
            carte*,tarjeta*,carta*,cartão,cartao,pan,cc,cc number,ccnum*,卡号,信用卡,карт*
            """
        ),
        (.address, "ip,ipv4,ipv6,host*,server*,address*,gateway*,dns,subnet*,client,peer,remote*,from,source*"),
        (.wallet, "wallet*,btc,bitcoin*,eth,ethereum*,crypto*,address*,xrp,ltc,litecoin*,doge*,tron,trx,usdt"),
        (
            .other,
            """
            order*,ord,invoice*,ticket*,ref,reference*,tracking*,track,sku,serial*,isbn*,issn*,ean*,upc*,gtin*,timestamp*,\
            epoch*,transaction*,txn,batch*,model,part,part no,uuid*,guid,hash*,commit*,amount*,total*,price*,cost*,byte*,\
            port,pid,row*,count*,size*,offset*,quantity,qty,case,po,shipment*,parcel*,package*,item*,product*,article*,\
            confirmation*,booking*,reservation*,policy,claim,lot,asset*,bestell*,rechnung*,auftrag*,commande*,facture*,\
            pedido*,factura*,ordine*,fattura*,unix*,millis*,nanos*,checksum*,crc*,sha*,md5,build*,revision*,rev,\
            duration*,latency*,error,code,status,page*,line*,seq*,index*,version*,request*,session*,trace*,span,barcode*,\
            populat*,revenue*,订单*,注文*,#
            """
        ),
        (.version, "version*,ver,v,rv,release*,build*,firmware*,driver*,revision*,rev,upgrade*,chrome,section,chapter"),
    ]
}
