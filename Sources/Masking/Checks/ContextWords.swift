/// The words that `Context` looks for, by their first byte.
struct ContextWords: Sendable {
    private struct Word {
        var bytes: [UInt8]
        var topics: UInt32
        /// Longer words that begin so count too.
        var isPrefix: Bool
    }

    static let shared = ContextWords()

    private let words: [Word]
    /// By folded first byte, the range in `words`.
    private let ranges: [Range<Int>]

    private init() {
        var words: [[UInt8]: Word] = [:]
        for (topic, text) in Self.lists {
            for written in text.split(separator: ",") {
                var bytes = Array(written.utf8.drop { $0 == 0x20 || $0 == 0x0A })
                let isPrefix = bytes.last == UInt8(ascii: "*")
                if isPrefix { bytes.removeLast() }
                var word = words[bytes] ?? Word(bytes: bytes, topics: 0, isPrefix: isPrefix)
                word.topics |= 1 << UInt32(topic.rawValue)
                words[bytes] = word
            }
        }
        let sorted = words.values.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        var ranges = [Range<Int>](repeating: 0..<0, count: 256)
        var start = 0
        while start < sorted.count {
            var end = start
            while end < sorted.count, sorted[end].bytes.first == sorted[start].bytes.first { end += 1 }
            if let first = sorted[start].bytes.first { ranges[Int(first)] = start..<end }
            start = end
        }
        self.words = sorted
        self.ranges = ranges
    }

    /// Calls `body` with the topics of every word at `place` that ends in front of `end`.
    @inline(__always)
    func find(at place: Int, before end: Int, _ base: UnsafePointer<UInt8>, _ body: (UInt32) -> Void) {
        let range = ranges[Int(base[place].folded)]
        if range.isEmpty { return }
        for index in range where matches(words[index], at: place, before: end, base) { body(words[index].topics) }
    }

    private func matches(_ word: Word, at place: Int, before end: Int, _ base: UnsafePointer<UInt8>) -> Bool {
        let length = word.bytes.count
        guard place + length <= end else { return false }
        for offset in 1..<max(1, length) {
            let expected = word.bytes[offset]
            let byte = base[place + offset]
            if byte.folded == expected { continue }
            // `date of birth`, `date_of_birth`, `date-of-birth`.
            if expected == 0x20, byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") { continue }
            return false
        }
        if word.isPrefix || place + length == end { return true }
        let last = base[place + length - 1]
        var next = base[place + length]
        // The plural.
        if next.folded == UInt8(ascii: "s"), place + length + 1 < end { next = base[place + length + 1] }
        return !next.isLetter || !last.isLetter || last.isLower && next.isUpper
    }

    /// Lower case; `*` for words that go on; a blank also stands for `_` and `-`.
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
            फ़ोन,फोन,मोबाइल,هاتف,جوال,טלפון,τηλέφωνο,τηλ,โทร,điện thoại
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
